import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { containersUnavailable, startContainer } from '../../../support/namespaces.ts';
import { configure, TrackerHarness } from './harness.ts';
import { linesInside, linesOf } from './text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses of machines, whatever happens', () => {
  const harness = new TrackerHarness();

  test('a namespace that leads nowhere is missed, too, when it dies', async () => {
    harness.start();
    const container = await startContainer();
    configure(container, ['link set lo up', 'address add 10.1.0.1/32 dev lo']);
    expect(linesOf(harness.add('a', container).addresses)).toEqual(await linesInside(container));
    await container.stop();
    await vi.waitFor(() => expect(harness.told).toEqual([{ key: 'a', addresses: [], shares: false }]), 5000);
  });

  test('a machine whose leader is dead has nothing of the next one’s in the same namespace', async () => {
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    let alive = true;
    harness.tracker.add('dead', { pid: container.pid, alive: () => alive });
    alive = false;
    expect(linesOf(harness.add('next', container).addresses)).toEqual(await linesInside(container));
    await vi.waitFor(() => expect(harness.told).toEqual([{ key: 'dead', addresses: [], shares: false }]));
    await container.exec('ip', 'address', 'add', '10.9.8.8/24', 'dev', 'host0');
    await vi.waitFor(() => expect(harness.told.slice(1).map(({ key }) => key)).toEqual(['next']));
  });

  test('a namespace that dies leaves nothing, and its id may be the next one’s', async () => {
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    harness.add('a', container);
    await container.stop();
    await vi.waitFor(() => expect(harness.told).toEqual([{ key: 'a', addresses: [], shares: false }]), 5000);
    for (let index = 0; index < 10; index++) {
      const next = await startContainer({ addresses: [`10.9.9.${index}/24`] });
      expect(linesOf(harness.add(`n${index}`, next).addresses)).toEqual(await linesInside(next));
      await next.stop();
    }
    expect(harness.tracker.add('b', { pid: container.pid, alive: () => false })).toEqual({
      sharesHostNetwork: false,
      addresses: [],
    });
    await vi.waitFor(() => expect(new Set(harness.told.map(({ key }) => key)).size).toBe(11), 5000);
    for (let index = 0; index < 10; index++) expect(harness.last(`n${index}`)).toEqual([]);
  });

  test('what was lost in an overrun is read again', async () => {
    harness.start({ receiveBuffer: 4096 });
    const container = await startContainer({ addresses: [] });
    harness.add('a', container);
    configure(
      container,
      Array.from({ length: 300 }, (_, i) => `address add 10.2.${i >> 8}.${i & 255}/32 dev host0`),
    );
    expect(droppedNotifications()).toBeGreaterThan(0);
    const expected = await linesInside(container);
    expect(expected).toHaveLength(302);
    await vi.waitFor(() => expect(linesOf(harness.last('a'))).toEqual(expected));
  });

  test('a leader that goes into another namespace is noticed on refresh, at most once a second', async () => {
    harness.start();
    const [first, second] = [
      await startContainer({ addresses: ['10.1.0.1/24'] }),
      await startContainer({ addresses: ['10.2.0.1/24'] }),
    ];
    // The same key with another PID is what setns(2) in the leader looks like from here.
    let pid = first.pid;
    harness.tracker.add('a', {
      get pid() {
        return pid;
      },
      alive: () => true,
    });
    pid = second.pid;
    harness.tracker.refresh('a');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(harness.told).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    harness.tracker.refresh('a');
    await vi.waitFor(async () => expect(linesOf(harness.last('a'))).toEqual(await linesInside(second)));
    expect(harness.told).toHaveLength(1);
  });

  test('a container with more addresses and names than fit harms nobody, itself included', async () => {
    harness.start();
    const crowd = await startContainer({ addresses: ['10.1.0.1/24'] });
    const names = Array.from(
      { length: 450 },
      (_, i) => `link property add dev host0 altname ${`${i}`.padStart(100, 'x')}`,
    );
    const many = Array.from({ length: 5000 }, (_, i) => `address add 10.${2 + (i >> 8)}.${i & 255}.1/32 dev host0`);
    configure(crowd, [...names, ...many]);
    const { addresses } = harness.add('a', crowd);
    expect(addresses.filter(({ family }) => family === 'ipv4')).toHaveLength(4096);
    expect(addresses.some(({ family }) => family === 'ipv6')).toBe(true);
    const known = new Set(addresses.map(({ interfaceIndex, interfaceName }) => `${interfaceIndex} ${interfaceName}`));
    expect(known).toEqual(new Set(['1 lo', '2 host0']));
  });

  test('nothing stays open', async () => {
    const before = readdirSync('/proc/self/fd').length;
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    harness.add('a', container);
    expect(() => harness.add('a', container)).toThrow('a are being tracked already');
    harness.tracker.close();
    await container.stop();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

/** How many notifications the kernel could not deliver to this process's netlink sockets. */
function droppedNotifications(): number {
  const ours = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    } catch {
      return undefined;
    }
  });
  const rows = readFileSync('/proc/net/netlink', 'utf8').trim().split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/ +/)).filter((row) => ours.includes(row[9]));
  return fields.reduce((sum, row) => sum + Number(row[8]), 0);
}
