import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';
import { Subscriber } from '../support/subscriber.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const uid = 12345;

it.skipIf(unavailable !== undefined)(
  'an ordinary user’s daemon tells of addresses, which it has to look for',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mymachines-test-'));
    chownSync(directory, uid, uid);
    const daemon = await DaemonProcess.start(directory, { uid });
    const ids = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
    const container = ['unshare', '--user', '--net', '--map-root-user', 'sleep', '60'];
    const leader = spawn('setpriv', [...ids, '--pdeathsig', 'KILL', ...container]);
    let subscriber: Subscriber | undefined;
    try {
      await vi.waitFor(() => expect(readFileSync(`/proc/${leader.pid}/comm`, 'utf8')).toBe('sleep\n'), 5000);
      const inside = (...words: string[]) =>
        execFileSync('nsenter', ['-t', `${leader.pid}`, '-n', '--', 'ip', ...words], { stdio: 'pipe' });
      inside('link', 'add', 'host0', 'type', 'veth', 'peer', 'name', 'other0');
      for (const name of ['host0', 'other0']) inside('link', 'set', name, 'addrgenmode', 'none', 'up');
      const machine = { name: 'mine', class: 'container', leader: leader.pid };
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
      subscriber = await Subscriber.start(daemon.machineSocket);
      await subscriber.until(({ complete }) => complete);
      expect(subscriber.machines.get('mine')?.addresses).toEqual([]);
      for (const [change, expected] of [
        ['add', ['10.9.8.7']],
        ['del', []],
      ] as const) {
        const start = performance.now();
        inside('address', change, '10.9.8.7/24', 'dev', 'host0');
        await subscriber.until(({ machines }) => machines.get('mine')?.addresses.join() === expected.join());
        console.info(`told ${Math.round(performance.now() - start)} ms after address ${change}`);
      }
    } finally {
      subscriber?.stop();
      leader.kill('SIGKILL');
      await daemon.stop();
      rmSync(directory, { recursive: true });
    }
  },
);
