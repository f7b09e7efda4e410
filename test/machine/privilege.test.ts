import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Operation, privileges } from '../../src/machine/privilege.ts';

const operations = Object.keys(privileges) as Operation[];
const polkit = (action: string): Decision => ({ polkit: `org.freedesktop.machine1.${action}` });

describe('privileges', () => {
  it.each<[Operation, Decision, Decision]>([
    // As systemd 262 answered uid 1000 without polkit's agreement, about a machine of root's and one of its own.
    ['list', 'allow', 'allow'],
    ['map-ids', 'allow', 'allow'],
    ['inspect-machine', polkit('inspect-machines'), polkit('inspect-machines')],
    ['unregister-machine', polkit('manage-machines'), 'allow'],
    ['terminate-machine', polkit('manage-machines'), 'allow'],
    ['kill-machine', polkit('manage-machines'), 'allow'],
    ['open-terminal', polkit('open-pty'), 'allow'],
    ['open-login', polkit('login'), 'allow'],
    ['open-shell', polkit('shell'), 'allow'],
    ['bind-mount', polkit('manage-machines'), polkit('manage-machines')],
    ['copy-files', polkit('manage-machines'), polkit('manage-machines')],
    ['open-root-directory', polkit('manage-machines'), polkit('manage-machines')],
    ['control-daemon', 'deny', 'deny'],
  ])('%s: %j of another’s machine, %j of one’s own', (operation, ofAnother, ofOnesOwn) => {
    expect(decide(operation, 1000, 0, 0)).toEqual(ofAnother);
    expect(decide(operation, 1000, 0, 1001)).toEqual(ofAnother);
    expect(decide(operation, 1000, 0, 1000)).toEqual(ofOnesOwn);
  });

  it('need polkit’s agreement to register, which an active session has', () => {
    expect(decide('register-machine', 1000, 0, undefined)).toEqual(polkit('register-machine'));
    expect(decide('create-machine', 1000, 0, undefined)).toEqual(polkit('create-machine'));
    expect(privileges['register-machine']).toMatchObject({ activeSession: 'nothing' });
    expect(privileges['create-machine']).toMatchObject({ activeSession: 'administrator' });
  });

  it.each(operations)('allow root to %s', (operation) => {
    expect(decide(operation, 0, 0, 1000)).toBe('allow');
    expect(decide(operation, 0, 1000, 1000)).toBe('allow');
  });

  it.each(operations)('allow the user of a daemon of its own to %s, and no other user', (operation) => {
    expect(decide(operation, 1000, 1000, 0)).toBe('allow');
    expect(decide(operation, 1001, 1000, 1001)).toBe('deny');
  });

  it.each(operations)('do not let somebody own the host by asking to %s of no machine', (operation) => {
    const decision = decide(operation, 1000, 0, undefined);
    expect(decision === 'allow').toBe(privileges[operation] === 'everyone');
  });
});
