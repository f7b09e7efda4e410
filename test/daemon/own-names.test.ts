import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';
import { startSelfNamed } from '../support/self-named.ts';

const unavailable = process.getuid?.() === 0 ? containersUnavailable() : 'not root';
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('what containers call themselves', () => {
  let daemon: DaemonProcess;
  const leaders: ChildProcess[] = [];

  afterEach(async () => {
    for (const leader of leaders.splice(0)) leader.kill('SIGKILL');
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  /** Registers a process with an /etc/hostname of its own. */
  async function register(name: string, ownName: string): Promise<void> {
    const leader = await startSelfNamed(join(daemon.runtimeDirectory, `hostname-${name}`), ownName);
    leaders.push(leader);
    const machine = { name, class: 'container', leader: leader.pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
  }

  /** Sorted: which file was read first is chance. */
  const names = async (): Promise<readonly string[]> => {
    const { parameters } = await ask(daemon.hookSocket, 'io.systemd.Resolve.Hook.QueryFilter');
    return (parameters as { filterDomains: string[] }).filterDomains.sort();
  };

  it('are names of theirs when that is wanted, but not the host’s', async () => {
    daemon = await DaemonProcess.start(undefined, { more: ['--own-names'] });
    await register('one', '# says who\n  shop \n');
    await register('two', `${hostname()}\n`);
    await register('three', 'www.example.com\n');
    await register('four', '');
    await register('five', 'last\n');
    const expected = ['five', 'four', 'last', 'one', 'shop', 'three', 'two'];
    await vi.waitFor(async () => expect(await names()).toEqual(expected), 10_000);
    expect(daemon.log).toBe('');
    // Who comes back does not have to say it again.
    await daemon.stop('SIGKILL');
    daemon = await DaemonProcess.start(daemon.runtimeDirectory, { more: ['--own-names'] });
    await vi.waitFor(async () => expect(await names()).toEqual(expected), 10_000);
  });

  it('are not asked for otherwise', async () => {
    daemon = await DaemonProcess.start();
    await register('one', 'shop\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await names()).toEqual(['one']);
  });
});
