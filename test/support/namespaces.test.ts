import { readFileSync, readlinkSync } from 'node:fs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  containersUnavailable,
  startContainer,
  startContainers,
  stopAllContainers,
  stopContainers,
} from './namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('test containers', () => {
  afterAll(stopAllContainers);

  test('one has namespaces, id maps and addresses of its own, and is gone when stopped', async () => {
    const container = await startContainer({
      uidBase: 500000,
      gidBase: 700000,
      addresses: ['10.9.8.7/24', 'fd00::1/64'],
    });
    const file = (name: string) => readFileSync(`/proc/${container.pid}/${name}`, 'utf8');
    expect(file('uid_map').trim().split(/\s+/)).toEqual(['0', '500000', '65536']);
    expect(file('gid_map').trim().split(/\s+/)).toEqual(['0', '700000', '65536']);
    expect(file('status')).toMatch(/^Uid:\t500000\t500000\t500000\t500000$/m);
    expect(file('status')).toMatch(/^Gid:\t700000\t700000\t700000\t700000$/m);
    for (const kind of ['user', 'net']) {
      expect(readlinkSync(`/proc/${container.pid}/ns/${kind}`)).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    }
    const addresses = JSON.parse(await container.exec('ip', '-j', 'addr', 'show', 'dev', 'host0'));
    expect(addresses[0].addr_info.map((info: { local: string }) => info.local)).toEqual(['10.9.8.7', 'fd00::1']);
    expect(readFileSync(`/sys/class/net/${container.hostInterface}/operstate`, 'utf8')).toBe('up\n');
    await container.stop();
    expect(container.alive).toBe(false);
  });

  test('maps of several lines, shared and absent namespaces', async () => {
    const maps = { uid: '0 600000 10\n1000 601000 5', gid: '0 600000 1' };
    const first = await startContainer({ maps });
    const [second, plain] = await startContainers(2, (index) =>
      index === 0 ? { networkOf: first } : { hostUsers: true, hostNetwork: true },
    );
    const link = (pid: number | 'self' | undefined, kind: string) => readlinkSync(`/proc/${pid}/ns/${kind}`);
    expect(readFileSync(`/proc/${first.pid}/uid_map`, 'utf8').trim().split(/\s+/)).toEqual(maps.uid.split(/\s+/));
    expect(link(second?.pid, 'net')).toBe(link(first.pid, 'net'));
    expect(link(second?.pid, 'user')).not.toBe(link(first.pid, 'user'));
    expect(link(plain?.pid, 'net')).toBe(link('self', 'net'));
    expect(link(plain?.pid, 'user')).toBe(link('self', 'user'));
  });

  test('the other end of the pair can be in a container', async () => {
    const outer = await startContainer();
    const inner = await startContainer({ hostSide: outer, addresses: [] });
    expect(await outer.exec('ip', 'link')).toContain(`${inner.hostInterface}@`);
  });

  test('a thousand start and stop, each with ids of its own', { timeout: 120_000 }, async () => {
    const before = performance.now();
    const containers = await startContainers(1000);
    const started = performance.now();
    const maps = new Set(containers.map(({ pid }) => readFileSync(`/proc/${pid}/uid_map`, 'utf8')));
    expect(maps.size).toBe(1000);
    await stopContainers(containers);
    console.info(
      `1000 containers: ${Math.round(started - before)} ms to start, ${Math.round(performance.now() - started)} ms to stop`,
    );
    expect(containers.some(({ alive }) => alive)).toBe(false);
  });

  test('the kernel ends a container whose starter is killed', async () => {
    const container = await startContainer();
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1];
    process.kill(Number(parent), 'SIGKILL');
    await vi.waitFor(() => expect(container.alive).toBe(false));
  });

  test('what cannot be started says why', async () => {
    await expect(startContainer({ maps: { uid: '0 0 4294967295\n5 5 5', gid: '0 0 1' } })).rejects.toThrow('EINVAL');
    await expect(startContainer({ addresses: ['10.0.0.300/24'] })).rejects.toThrow('10.0.0.300');
  });
});
