import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask, askAll } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const userRecord = (daemon: DaemonProcess, key: object): Promise<Record<string, unknown>> =>
  ask(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', { ...key, service: 'io.systemd.Machine' });
const noRecord = { error: 'io.systemd.UserDatabase.NoRecordFound' };

describe.skipIf(unavailable !== undefined)('a registration', () => {
  let daemon: DaemonProcess;
  const register = (name: string, leader: number | undefined, more: object = {}) =>
    ask(daemon.machineSocket, 'io.systemd.Machine.Register', { name, class: 'container', leader, ...more });
  const metadata = async (name: string): Promise<Record<string, unknown>> => {
    const question = { name, acquireMetadata: 'graceful' };
    const { parameters } = await ask(daemon.machineSocket, 'io.systemd.Machine.List', question);
    return parameters as Record<string, unknown>;
  };

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
  });
  afterEach(stopAllContainers);
  afterAll(async () => {
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('gives the users of a map of several lines their names, and no more', async () => {
    const uid = '0 70000 1\n1 100000 1000\n65534 300000 2';
    const { pid } = await startContainer({ maps: { uid, gid: '0 80000 10' } });
    expect(await register('lines', pid)).toEqual({});
    for (const [inside, outside] of [
      [0, 70000],
      [1, 100000],
      [1000, 100999],
      [65534, 300000],
    ]) {
      const found = await userRecord(daemon, { uid: outside });
      expect(found).toMatchObject({ parameters: { record: { userName: `vu-lines-${inside}`, uid: outside } } });
      expect(await userRecord(daemon, { userName: `vu-lines-${inside}` })).toEqual(found);
    }
    for (const uid of [69999, 70001, 99999, 101000, 299999, 300001]) {
      expect(await userRecord(daemon, { uid })).toEqual(noRecord);
    }
    expect(await userRecord(daemon, { userName: 'vu-lines-1001' })).toEqual(noRecord);
  });

  it('is all there for whoever asks after the answer, and for the next call of the same connection', async () => {
    for (const last of [1, 2, 3, 4, 5]) {
      const { pid } = await startContainer({ addresses: [`10.44.0.${last}/24`], uidBase: 0x3000_0000 + last * 65536 });
      const name = `whole${last}`;
      const list = { method: 'io.systemd.Machine.List', parameters: { name, acquireMetadata: 'graceful' } };
      const parameters = { name, class: 'container', leader: pid };
      const calls = [{ method: 'io.systemd.Machine.Register', parameters }, list];
      const [registered, listed = ''] = await askAll(daemon.machineSocket, calls);
      expect(registered).toBe('{}');
      expect(JSON.parse(listed)).toMatchObject({
        parameters: { leader: { pid }, addresses: [{ address: [10, 44, 0, last] }] },
      });
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Unregister', { name })).toEqual({});

      expect(await register(name, pid)).toEqual({});
      const uid = 0x3000_0000 + last * 65536 + 33;
      expect(await userRecord(daemon, { uid })).toMatchObject({
        parameters: { record: { userName: `vu-${name}-33` } },
      });
    }
  });

  it('gives no user of the host another name', async () => {
    const plain = await startContainer({ hostUsers: true });
    const low = await startContainer({ maps: { uid: '0 1000 1', gid: '0 1000 1' } });
    expect(await register('plain', plain.pid)).toEqual({});
    expect(await register('low', low.pid)).toEqual({});
    for (const userName of ['vu-plain-0', 'vu-plain-1000', 'vu-plain-70000', 'vu-low-0']) {
      expect(await userRecord(daemon, { userName })).toEqual(noRecord);
    }
    expect(await userRecord(daemon, { uid: 1000 })).toEqual(noRecord);
  });

  it('may come before the id map is written', async () => {
    const child = spawn('unshare', ['--user', 'sleep', '60']);
    await once(child);
    const pid = child.pid as number;
    await vi.waitFor(() => {
      const [own, theirs] = ['self', pid].map((who) => execFileSync('readlink', [`/proc/${who}/ns/user`]).toString());
      expect(theirs).not.toBe(own);
    });
    try {
      expect(await register('early', pid)).toEqual({});
      expect(await userRecord(daemon, { userName: 'vu-early-0' })).toEqual(noRecord);
      writeFileSync(`/proc/${pid}/uid_map`, '0 1234567 100');
      writeFileSync(`/proc/${pid}/gid_map`, '0 1234567 100');
      await vi.waitFor(
        async () => expect(await userRecord(daemon, { uid: 1234569 })).toHaveProperty('parameters'),
        3000,
      );
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is followed by the addresses as they change inside', async () => {
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    expect(await register('net', container.pid)).toEqual({});
    const addresses = async () => ((await metadata('net')) as { addresses?: { address: number[] }[] }).addresses ?? [];
    expect((await addresses()).map(({ address }) => address.join('.'))).toEqual(['10.9.8.7']);
    await container.exec('ip', 'addr', 'add', '10.9.8.6/24', 'dev', 'host0');
    await vi.waitFor(async () => {
      expect((await addresses()).map(({ address }) => address.join('.'))).toEqual(['10.9.8.6', '10.9.8.7']);
    }, 1000);
    await container.exec('ip', 'addr', 'flush', 'dev', 'host0');
    await vi.waitFor(async () => expect(await addresses()).toEqual([]), 1000);
  });

  it('tells what cannot be had', async () => {
    const shared = await startContainer({ hostNetwork: true });
    const vm = await startContainer({});
    expect(await register('shared', shared.pid)).toEqual({});
    expect(await register('vm', vm.pid, { class: 'vm' })).toEqual({});
    const list = (name: string) =>
      ask(daemon.machineSocket, 'io.systemd.Machine.List', { name, acquireMetadata: 'yes' });
    expect(await list('shared')).toEqual({ error: 'io.systemd.Machine.NoPrivateNetworking' });
    expect(await list('vm')).toEqual({ error: 'io.systemd.Machine.NotAvailable' });
    expect(await metadata('vm')).not.toHaveProperty('addresses');
    expect(await metadata('.host')).toMatchObject({ class: 'host', UIDShift: 0, leader: { pid: 1 } });
  });
});

describe.skipIf(unavailable !== undefined)('a registration when the disk is full', () => {
  it('is refused whole, and is possible again when there is room', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mymachines-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=755', 'tmpfs', directory]);
    let daemon: DaemonProcess | undefined;
    try {
      daemon = await DaemonProcess.start(directory);
      const { machineSocket } = daemon;
      const { pid } = await startContainer({});
      const register = () =>
        ask(machineSocket, 'io.systemd.Machine.Register', { name: 'web', class: 'container', leader: pid });
      const filler = join(directory, 'filler');
      try {
        for (let size = 65536; size >= 1; size /= 2)
          writeFileSync(filler, Buffer.alloc(Math.floor(size)), { flag: 'a' });
      } catch {
        // That it does not fit any more is what was wanted.
      }
      const before = daemon.descriptors;
      expect(await register()).toEqual({
        error: 'io.systemd.System',
        parameters: { origin: 'linux', errno: 28, errnoName: 'ENOSPC' },
      });
      expect(await ask(machineSocket, 'io.systemd.Machine.List', { name: 'web' })).toEqual({
        error: 'io.systemd.Machine.NoSuchMachine',
      });
      expect(readdirSync(join(directory, 'machines'))).toEqual([]);
      await vi.waitFor(() => expect(daemon?.descriptors).toBeLessThanOrEqual(before));
      rmSync(filler);
      expect(await register()).toEqual({});
    } finally {
      await stopAllContainers();
      await daemon?.stop();
      execFileSync('umount', [directory]);
      rmSync(directory, { recursive: true });
    }
  });
});

async function once(child: ReturnType<typeof spawn>): Promise<void> {
  await new Promise((resolve) => child.once('spawn', resolve));
}
