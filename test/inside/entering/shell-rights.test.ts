import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Entering } from '../../../src/inside/entering/entering.ts';
import { processesBelow } from '../../../src/linux/control-group-processes.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import type { ShellRequest } from '../../../src/machine/inside-operations.ts';
import { ledBy } from '../../sources/kernel/roots/root-processes.ts';
import { BareContainer, bareContainersUnavailable } from '../../support/bare-container.ts';
import { enteringProgram } from '../../support/build.ts';
import { controlGroupsUnavailable, TestControlGroup } from '../../support/control-groups.ts';
import { Screen } from './screen.ts';

const unavailable = bareContainersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** Says the number and the owner of a process's session keyring (keyctl(2)). */
const askKeyring = `
import ctypes, os
number = {'x86_64': 250, 'i686': 288, 'armv7l': 311, 'ppc64le': 271, 's390x': 280}.get(os.uname().machine, 219)
keyctl = lambda *parameters: ctypes.CDLL(None, use_errno=True).syscall(number, *parameters)
GET_KEYRING_ID, DESCRIBE, SESSION_KEYRING = 0, 6, -3
text = ctypes.create_string_buffer(200)
print(keyctl(GET_KEYRING_ID, SESSION_KEYRING, 0))
if keyctl(DESCRIBE, SESSION_KEYRING, text, 200) < 0: raise OSError(ctypes.get_errno(), 'keyctl')
print(text.value.decode().split(';')[1])
print('THE END')
`;

const keyrings = keyringsUnavailable();
if (keyrings !== undefined) console.warn(`skipped: ${keyrings}`);

/** Why nobody has keyrings here, as in a container whose filter forbids them; or undefined. */
function keyringsUnavailable(): string | undefined {
  try {
    execFileSync('python3', ['-c', askKeyring], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `keyrings cannot be asked for: ${(error as Error).message}`;
  }
}

const noControlGroups = controlGroupsUnavailable();
if (noControlGroups !== undefined) console.warn(`skipped: ${noControlGroups}`);

const passwd = `root:x:0:0::/root:/bin/bash
anna:x:1000:1000::/home:/bin/bash
stranger:x:1001:1001::/root:/bin/bash
`;

describe.skipIf(unavailable !== undefined)('what a shell in a machine may do', { timeout: 120_000 }, () => {
  const loop = new EventLoop();
  const entering = new Entering({ path: enteringProgram, loop });
  /** In a user namespace of its own, and in the host's. */
  const containers: BareContainer[] = [];

  beforeAll(async () => {
    const files = { 'etc/passwd': passwd };
    containers.push(await BareContainer.start({ base: 0x53000000, files }));
    containers.push(await BareContainer.start({ files }));
  }, 60_000);
  afterAll(async () => {
    entering.close();
    for (const container of containers) await container.stop();
    loop.close();
  });

  /** Runs a program as a user and gives the lines that it printed. */
  async function ask(container: BareContainer, user: string, path: string, ...args: string[]): Promise<string[]> {
    const screen = new Screen(container.leader);
    try {
      const ended = new Promise<number | undefined>((resolve, reject) => {
        const request: ShellRequest = { user, path, args: [path, ...args], environment: [] };
        const parts = { openPeer: screen.openPeer, onEnd: resolve };
        entering.startShell(ledBy(container.leader, { owner: 0 }), request, parts).catch(reject);
      });
      expect(await ended).toBe(0);
      return (await screen.textUntil('THE END\r\n')).split('\r\n').slice(0, -2);
    } finally {
      screen.close();
    }
  }

  const askShell = (container: BareContainer, user: string, command: string): Promise<string[]> =>
    ask(container, user, '/bin/sh', '-c', `${command}; echo THE END`);

  it('has no capability as another user than root, and had none when it went to its directory and its program', async () => {
    const none = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map((name) => `${name}:\t${'0'.repeat(16)}`);
    for (const container of containers) {
      expect(await askShell(container, 'anna', 'grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status')).toEqual(none);
      container.run('sh', '-c', 'chmod 700 /root; cp /bin/true /tmp/private; chmod 700 /tmp/private');
      expect(await askShell(container, 'stranger', 'pwd')).toEqual(['/']);
      expect(await askShell(container, 'root', 'pwd')).toEqual(['/root']);
      await expect(ask(container, 'anna', '/tmp/private')).rejects.toMatchObject({ errnoName: 'EACCES' });
    }
  });

  it('is of no account that only root of the host may read', async () => {
    const [own] = containers as [BareContainer];
    const etc = join(own.directory, 'etc');
    const { uid, gid } = statSync(join(etc, 'passwd'));
    // As a file of the host that is mounted there.
    for (const [owner, group, mode] of [
      [0, 0, 0o600],
      [0, 0, 0o640],
    ] as const) {
      chownSync(join(etc, 'passwd'), owner, group);
      chmodSync(join(etc, 'passwd'), mode);
      await expect(askShell(own, 'anna', 'id')).rejects.toMatchObject({ errnoName: 'EACCES' });
      await expect(askShell(own, 'root', 'id')).rejects.toMatchObject({ errnoName: 'EACCES' });
    }
    chownSync(join(etc, 'passwd'), uid, gid);
    expect(await askShell(own, 'anna', 'id -u')).toEqual(['1000']);
  });

  it.skipIf(noControlGroups !== undefined)('is in the control group of its machine, not in ours', async () => {
    const group = new TestControlGroup('mymachines-shell-rights.scope');
    const single = await BareContainer.start({ base: 0x54000000 });
    try {
      group.add(single.leader);
      const screen = new Screen(single.leader);
      const ended = new Promise<number | undefined>((resolve, reject) => {
        const request: ShellRequest = { path: '/bin/sh', args: ['sh', '-c', 'echo READY; read -r _'], environment: [] };
        const parts = { openPeer: screen.openPeer, onEnd: resolve };
        entering.startShell(ledBy(single.leader, { owner: 0 }), request, parts).catch(reject);
      });
      await screen.textUntil('READY');
      expect(processesBelow(group.path)).toHaveLength(2);
      screen.type('\n');
      expect(await ended).toBe(0);
      screen.close();
    } finally {
      await single.stop();
      await expect.poll(() => processesBelow(group.path)).toEqual([]);
      group.remove();
    }
  });

  it.skipIf(keyrings !== undefined)('has a session keyring of its own, and of the user', async () => {
    const ours = execFileSync('python3', ['-c', askKeyring], { encoding: 'utf8' }).split('\n');
    for (const container of containers) {
      for (const [user, uid] of Object.entries({ root: 0, anna: 1000 })) {
        const [serial, owner] = await ask(container, user, '/usr/bin/python3', '-c', askKeyring);
        expect(Number(serial), user).toBeGreaterThan(0);
        expect(serial, user).not.toBe(ours[0]);
        expect(owner, user).toBe(String(uid));
      }
    }
  });
});
