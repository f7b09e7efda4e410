import { describe, expect, it } from 'vitest';
import { loginProgram } from '../../../src/inside/entering/login-program.ts';
import type { ShellStart } from '../../../src/inside/entering/request.ts';

const anna = { name: 'anna', uid: 1000, gid: 1000, groups: [1000], home: '/home/anna', shell: '/bin/zsh' };
const start: ShellStart = { kind: 'shell', leader: { pid: 1 }, environment: [] };

describe('what is run for a login', () => {
  it('is the user’s shell, with a dash before its name', () => {
    expect(loginProgram(anna, start)).toMatchObject({ path: '/bin/zsh', args: ['-zsh'] });
  });

  it('is what was asked for, by its path where there is nothing else', () => {
    expect(loginProgram(anna, { ...start, path: '/bin/ls' })).toMatchObject({ path: '/bin/ls', args: ['/bin/ls'] });
    const args = ['list', '-l'];
    expect(loginProgram(anna, { ...start, path: '/bin/ls', args })).toMatchObject({ path: '/bin/ls', args });
    expect(loginProgram(anna, { ...start, path: '/bin/ls', args: [] }).args).toEqual([]);
  });

  it('has the environment of a login, and over it what was asked for', () => {
    const { environment } = loginProgram(anna, { ...start, environment: ['TERM=xterm', 'A=b=c'] });
    expect([...environment].sort()).toEqual([
      'A=b=c',
      'HOME=/home/anna',
      'LOGNAME=anna',
      'PATH=/usr/local/bin:/usr/bin:/bin',
      'SHELL=/bin/zsh',
      'TERM=xterm',
      'USER=anna',
    ]);
    const paths = loginProgram({ ...anna, uid: 0 }, start).environment.filter((one) => one.startsWith('PATH='));
    expect(paths).toEqual(['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
  });
});
