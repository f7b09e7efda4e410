import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab, labUnavailable } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';
import { type Step, sitAt } from './seat.ts';

// The command at a real terminal. Who opens the machine's is systemd-machined.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`no shell is opened: no lab: ${unavailable}`);

const main = '/project/dist/cli/main.js';
const words = (...operands: string[]) => ['node', main, ...operands];
/** Somebody gives this to a shell in vain, if it is not what has been typed for another. */
const marked = (text: string): string => `echo "<"${text}">"\r`;

describe.skipIf(unavailable !== undefined)('mymachines shell and login', { timeout: 90_000 }, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    await lab.shell('cd /; systemctl is-system-running --wait >/dev/null || :; echo "PS1=\\"[#]\\"" >/root/.bashrc');
  }, 90_000);
  afterAll(() => lab?.down());

  const sit = (command: readonly string[], ...steps: Step[]) => sitAt(lab, command, steps);

  test('somebody works at a shell: keys, job control, the size of the window, the end', async () => {
    const { shown, ...came } = await sit(
      words('shell'),
      { after: 'Connected to the local host.*\\[#\\]', type: marked('$((6 * 7))') },
      { after: '<42>.*\\[#\\]', type: 'stty size\r' },
      { after: '24 80.*\\[#\\]', resize: [33, 99], type: 'stty size\r' },
      { after: '33 99.*\\[#\\]', type: 'sleep 1000\r' },
      { after: 'sleep 1000', pause: 0.5, type: '\u001a' },
      { after: 'Stopped.*\\[#\\]', type: 'fg\r' },
      { after: 'sleep 1000', pause: 0.5, type: '\u0003' },
      { after: '\\[#\\]', type: marked('$TERM$(tty)') },
      { after: '<xterm/dev/pts/[0-9]+>.*\\[#\\]', type: 'exit 3\r' },
      { after: 'Connection to the local host terminated' },
    );
    expect(came, shown).toEqual({ status: 0, restored: true });
  });

  test('Ctrl-] three times within a second is the way out, and slower it is not', async () => {
    const key = { type: '\u001d' };
    const { shown, ...came } = await sit(
      words('shell', '--quiet', '.host', '/bin/sh', '-c', 'echo here; exec cat'),
      { after: 'here', ...key },
      { after: '', pause: 0.7, ...key },
      { after: '', pause: 0.7, ...key },
      { after: '', pause: 1.2, type: '\r still here\r' },
      { after: 'still here.*still here', type: '\u001d\u001d\u001d' },
    );
    expect(came, shown).toEqual({ status: 0, restored: true });
    expect(shown).not.toContain('Connected to');
  });

  test('the terminal is as it was when somebody ends the command', async () => {
    const { shown, ...came } = await sit(words('shell'), { after: '\\[#\\]', signal: 15 });
    expect(came, shown).toEqual({ status: -15, restored: true });
  });

  test('a program gets its words, its user and its variables', async () => {
    const program = ['/bin/sh', '-c', 'echo "<$0:$1:$FOO:$BAR:$(id -un):$PWD>"', '-h', '--uid=x y'];
    const { shown, ...came } = await sit(
      words('shell', '--uid=daemon', '-E', 'FOO=a b', '--setenv=BAR', '.host', ...program),
      {
        after: '<-h:--uid=x y:a b::daemon:',
      },
    );
    expect(came, shown).toEqual({ status: 0, restored: true });
    expect((await sit(words('shell', 'nobody@', '/usr/bin/id', '-un'), { after: 'nobody' })).stuck).toBeUndefined();
  });

  test('of a terminal of which nobody knows what it is nothing is expected, as with machinectl', async () => {
    for (const client of [words('shell'), ['machinectl', 'shell']]) {
      const command = ['env', '-u', 'TERM', ...client, '--quiet', '.host', '/bin/sh', '-c', 'echo "<$TERM>"'];
      expect((await sit(command, { after: '<dumb>' })).stuck).toBeUndefined();
    }
  });

  test('login shows a prompt, and another one after that', async () => {
    const { shown, ...came } = await sit(
      words('login'),
      { after: 'login: ', type: '\u0004' },
      { after: 'login: ', type: '\u001d\u001d\u001d' },
    );
    expect(came, shown).toEqual({ status: 0, restored: true });
  });

  test('without a terminal what comes in is typed, and all that comes out is there', async () => {
    const run = (command: string) => lab.shell(`cd /; export TERM=xterm; ${command}`);
    const command = `node ${main} shell --quiet`;
    const clean = (text: string) => text.replaceAll('\r', '');
    expect(clean(await run(`${command} .host /bin/sh -c 'echo one; tty; exit 3' </dev/null 2>&1`))).toMatch(
      /^one\n\/dev\/pts\/\d+\n$/,
    );
    expect(clean(await run(`printf 'echo $((6*7))\\nexit\\n' | ${command} .host /bin/bash --norc`))).toMatch(/\n42\n/);
    expect(clean(await run(`printf 'half a line' | ${command} .host /bin/cat`))).toContain('half a linehalf a line');
    const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(clean(await run(`${command} .host /usr/bin/seq 100000 </dev/null`))).toBe(numbers);
    expect(await run(`${command} .host /usr/bin/seq 1000000 </dev/null | head -n 1`)).toBe('1\r\n');
  });

  test('what cannot be is said, with the status of machinectl', async () => {
    const { status, stderr } = await lab.run('node', main, 'shell', 'nobody-there');
    expect({ status, stderr }).toEqual({ status: 1, stderr: "mymachines: No machine 'nobody-there' known.\n" });
    expect((await lab.run('machinectl', 'shell', 'nobody-there')).status).toBe(1);
    expect((await lab.run('node', main, 'shell', '.host', 'relative')).stderr).toBe(
      "mymachines: The service refuses 'path'.\n",
    );
    expect((await lab.run('node', main, 'shell', '@web')).status).toBe(2);
    expect((await lab.run('node', main, 'shell', '-E', '1=2', '.host')).status).toBe(2);
    expect((await lab.run('node', main, 'login', 'nobody-there')).status).toBe(1);
    expect((await lab.run('node', main, 'bind', '.host', '/etc')).stderr).toContain('cannot be done');
  });
});
