import { describe, expect, it } from 'vitest';
import { Authority, type Polkit, type PolkitAnswer } from '../../src/machine/authorize.ts';
import { parseMachineName } from '../../src/machine/machine-name.ts';
import type { Caller } from '../../src/machine/operations.ts';
import { type Operation, privileges, terminalOperation } from '../../src/machine/privilege.ts';
import { sampleMachine } from './sample-machine.ts';

const caller = (uid: number): Caller => ({
  uid,
  gid: uid,
  pid: 1,
  interactive: false,
  openPidfd: () => {
    throw new Error('nobody looks at the caller here');
  },
});

/** Says always the same, and remembers what it was asked. */
class Oracle implements Polkit {
  readonly asked: [action: string, details: Record<string, string>][] = [];
  readonly #answer: PolkitAnswer;

  constructor(answer: PolkitAnswer) {
    this.#answer = answer;
  }

  async check(action: string, _caller: Caller, details: ReadonlyMap<string, string>): Promise<PolkitAnswer> {
    this.asked.push([action.replace('org.freedesktop.machine1.', ''), Object.fromEntries(details)]);
    return this.#answer;
  }
}

const roots = sampleMachine('roots');

describe('the authority', () => {
  it('allows without polkit what it allows whatever that says', async () => {
    for (const daemonUid of [0, 1000]) {
      for (const operation of Object.keys(privileges) as Operation[]) {
        for (const uid of [0, 1000, 1001]) {
          const owned = sampleMachine('owned', { owner: 1001 });
          const oracle = new Oracle('denied');
          const outcome = new Authority(daemonUid, oracle).authorize(operation, caller(uid), owned);
          const allowed = await outcome.then(
            () => true,
            () => false,
          );
          expect(new Authority(daemonUid).allowsUnasked(operation, uid, owned), `${operation} by ${uid}`).toBe(allowed);
        }
      }
    }
  });

  it.each<[PolkitAnswer, string | undefined]>([
    ['authorized', undefined],
    ['denied', 'permission-denied'],
    ['challenge', 'interactive-authentication-required'],
  ])('hears %s from polkit: %j', async (answer, code) => {
    const authorizing = new Authority(0, new Oracle(answer)).authorize('kill-machine', caller(1000), roots);
    if (code === undefined) await authorizing;
    else await expect(authorizing).rejects.toMatchObject({ code });
  });

  it('does not ask about root, an owner, what all may and what nobody may', async () => {
    const oracle = new Oracle('authorized');
    const authority = new Authority(0, oracle);
    for (const operation of Object.keys(privileges) as Operation[]) {
      await authority.authorize(operation, caller(0), roots);
    }
    await authority.authorize('kill-machine', caller(1000), sampleMachine('hers', { owner: 1000 }));
    await authority.authorize('list', caller(1000));
    await expect(authority.authorize('control-daemon', caller(1000))).rejects.toMatchObject({
      code: 'permission-denied',
    });
    expect(oracle.asked).toEqual([]);
  });

  it("denies without polkit, and never asks it in a user's own registry", async () => {
    const oracle = new Oracle('authorized');
    for (const authority of [new Authority(0), new Authority(1001, oracle)]) {
      await expect(authority.authorize('kill-machine', caller(1000), roots)).rejects.toMatchObject({
        code: 'permission-denied',
      });
    }
    await new Authority(1001, oracle).authorize('kill-machine', caller(1001), roots);
    expect(oracle.asked).toEqual([]);
  });

  // The details that systemd-machined 262 sends, over D-Bus (`machine`) and Varlink (`name`).
  it.each<[Operation, string, Record<string, string>]>([
    ['unregister-machine', 'manage-machines', { verb: 'unregister' }],
    ['terminate-machine', 'manage-machines', { verb: 'terminate' }],
    ['kill-machine', 'manage-machines', { verb: 'kill' }],
    ['open-root-directory', 'manage-machines', { verb: 'open_root_directory' }],
    ['inspect-machine', 'inspect-machines', {}],
    ['open-terminal', 'open-pty', {}],
    ['open-login', 'login', { verb: 'login' }],
    ['open-shell', 'shell', { verb: 'shell' }],
    ['bind-mount', 'manage-machines', { verb: 'bind' }],
    ['copy-files', 'manage-machines', { verb: 'copy' }],
  ])('asks polkit about %s as %s %j', async (operation, action, details) => {
    const oracle = new Oracle('authorized');
    await new Authority(0, oracle).authorize(operation, caller(1000), roots, { src: '/x' });
    expect(oracle.asked).toEqual([[action, { ...details, name: 'roots', machine: 'roots', src: '/x' }]]);
  });

  it('tells polkit the name and class of a machine that is to be', async () => {
    const oracle = new Oracle('authorized');
    const subject = { name: parseMachineName('mine'), class: 'vm' } as const;
    for (const operation of ['register-machine', 'create-machine'] as const) {
      await new Authority(0, oracle).authorize(operation, caller(1000), subject);
    }
    expect(oracle.asked).toEqual([
      ['register-machine', { name: 'mine', class: 'vm' }],
      ['create-machine', { name: 'mine', class: 'vm' }],
    ]);
  });

  it('does not let a detail pass for another machine', async () => {
    const oracle = new Oracle('authorized');
    await new Authority(0, oracle).authorize('inspect-machine', caller(1000), undefined, { name: 'named' });
    expect(oracle.asked).toEqual([['inspect-machines', { name: 'named' }]]);
  });
});

describe('a terminal', () => {
  it('of the host is not one of a machine', () => {
    const host = sampleMachine('.host', { class: 'host' });
    expect((['tty', 'login', 'shell'] as const).map((mode) => terminalOperation(mode, host))).toEqual([
      'open-host-terminal',
      'open-host-login',
      'open-host-shell',
    ]);
    expect((['tty', 'login', 'shell'] as const).map((mode) => terminalOperation(mode, roots))).toEqual([
      'open-terminal',
      'open-login',
      'open-shell',
    ]);
  });
});
