import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { VarlinkClient } from '../../src/varlink/index.ts';
import { type AccountFiles, startWithAccounts, startWithRoot } from '../support/account-container.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = process.getuid?.() === 0 ? containersUnavailable() : 'not root';
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const service = 'io.systemd.Machine';

describe.skipIf(unavailable !== undefined)('the users that containers name', { timeout: 30_000 }, () => {
  let daemon: DaemonProcess;
  const leaders: ChildProcess[] = [];

  afterEach(async () => {
    for (const leader of leaders.splice(0)) leader.kill('SIGKILL');
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  const filesOf = (name: string): string => join(daemon.runtimeDirectory, `etc-${name}`);
  async function register(name: string, files: AccountFiles, base: number): Promise<void> {
    const leader = await startWithAccounts(filesOf(name), files, base);
    leaders.push(leader);
    const machine = { name, class: 'container', leader: leader.pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
  }

  async function listed(method: string, field: string): Promise<unknown[]> {
    const client = await VarlinkClient.connect(daemon.userdbSocket);
    try {
      const found: unknown[] = [];
      for await (const { record } of client.stream(`io.systemd.UserDatabase.${method}`, { service })) {
        found.push((record as Record<string, unknown>)[field]);
      }
      return found;
    } finally {
      client.close();
    }
  }
  const users = () => listed('GetUserRecord', 'userName').catch((error: { error: string }) => [error.error]);
  const groups = () => listed('GetGroupRecord', 'groupName');

  it('are listed when that is wanted, and again after they changed', async () => {
    daemon = await DaemonProcess.start(undefined, { more: ['--enumerate'] });
    expect(await users()).toEqual(['io.systemd.UserDatabase.NoRecordFound']);
    const passwd = 'root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:\n';
    await register('web', { passwd, group: 'root:x:0:\nadm:x:4:\n' }, 1879048192);
    await register('web.example', { passwd: 'x:x:5:5:::\n', group: '' }, 1879113728);
    // The hash by coreutils.
    const before = ['vu-web-0', 'vu-web-33', 'vu-webexa_ao56qkvers-5'];
    await vi.waitFor(async () => expect(await users()).toEqual(before), 5000);
    expect(await groups()).toEqual(['vg-web-0', 'vg-web-4']);
    writeFileSync(join(filesOf('web'), 'passwd'), 'root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:\n');
    const after = ['vu-web-0', 'vu-web-1000', 'vu-webexa_ao56qkvers-5'];
    await vi.waitFor(async () => expect(await users()).toEqual(after), { timeout: 10_000, interval: 200 });
    expect(daemon.log).toBe('');
  });

  it('are not those of the host, whatever link a container puts there', async () => {
    daemon = await DaemonProcess.start(undefined, { more: ['--enumerate'] });
    const one = 'x:x:1:1:::\n';
    await register('good', { passwd: one, group: '' }, 1879048192);
    await register('endless', { passwd: one.repeat(2 ** 20 / one.length + 1), group: '' }, 1879375872);
    const outside = join(daemon.runtimeDirectory, 'outside');
    writeFileSync(outside, 'outside:x:4711:0:::\n');
    for (const [index, link] of [
      outside,
      `/proc/${process.pid}/root${outside}`,
      `../../../../../../../../..${outside}`,
    ].entries()) {
      const root = filesOf(`evil${index}`);
      mkdirSync(join(root, 'etc'), { recursive: true });
      symlinkSync(link, join(root, 'etc/passwd'));
      execFileSync('mkfifo', [join(root, 'etc/group')]);
      const leader = await startWithRoot(root, 1879113728 + 65536 * index);
      leaders.push(leader);
      // The container itself would be led astray by the second.
      const seen = spawnSync('nsenter', ['-t', `${leader.pid}`, '--root', '--wd=/', 'cat', '/etc/passwd']);
      expect(seen.status).toBe(index === 1 ? 0 : 1);
      const machine = { name: `evil${index}`, class: 'container', leader: leader.pid };
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
    }
    await vi.waitFor(async () => expect(await users()).toEqual(['vu-good-1']), 5000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await users()).toEqual(['vu-good-1']);
    expect(await groups().catch((error: { error: string }) => error.error)).toBe(
      'io.systemd.UserDatabase.NoRecordFound',
    );
  });

  it('are not told otherwise', async () => {
    daemon = await DaemonProcess.start();
    await register('web', { passwd: 'root:x:0:0::/:/bin/sh\n', group: '' }, 1879048192);
    expect(await users()).toEqual(['io.systemd.UserDatabase.EnumerationNotSupported']);
  });
});
