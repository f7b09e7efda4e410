import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import type { Address } from '../../../src/machine/address.ts';
import { AddressTracker, type AddressTrackerOptions } from '../../../src/sources/kernel/address-tracker.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../../support/namespaces.ts';
import { linesInside, linesOf } from './address-text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses of machines', () => {
  let loop: EventLoop;
  let tracker: AddressTracker;
  const problems: Error[] = [];
  const told: { key: string; addresses: readonly Address[]; shares: boolean }[] = [];
  const start = (options: AddressTrackerOptions = {}) => {
    tracker = new AddressTracker(loop, (key, addresses, shares) => told.push({ key, addresses, shares }), {
      onProblem: (error) => problems.push(error),
      ...options,
    });
    expect(tracker.limitation).toBe(options.procOnly ? tracker.limitation : undefined);
  };
  const add = (key: string, container: Container) =>
    tracker.add(key, { pid: container.pid, alive: () => container.alive });
  const last = (key: string) => told.findLast((change) => change.key === key)?.addresses ?? [];

  beforeEach(() => {
    loop = new EventLoop();
    told.length = 0;
    problems.length = 0;
  });
  afterEach(() => {
    tracker.close();
    loop.close();
    expect(problems).toEqual([]);
  });
  afterAll(stopAllContainers);

  test('are there from the start, and follow what happens inside', async () => {
    start();
    const container = await startContainer({ addresses: ['10.9.8.7/24', 'fd00::1/64'] });
    const network = add('a', container);
    expect(network.sharesHostNetwork).toBe(false);
    expect(linesOf(network.addresses)).toEqual(await linesInside(container));
    expect(linesOf(network.addresses)).toContain('10.9.8.7/24 host0(2) scope 0');

    const steps = [
      'address add 10.9.8.8/24 dev host0',
      'address add 10.1.0.1/16 dev host0 scope link',
      'address add fd00::2/64 dev host0',
      'address del 10.9.8.7/24 dev host0',
      'address change fd00::1/64 dev host0 preferred_lft 0 valid_lft 1000',
      'link set host0 name eth0',
      'link set eth0 down',
      'link del eth0',
    ];
    for (const step of steps) {
      await container.exec('ip', ...step.split(' '));
      const expected = await linesInside(container);
      await vi.waitFor(() => expect(linesOf(last('a'))).toEqual(expected));
    }
    expect(last('a').map(({ interfaceName }) => interfaceName)).toEqual(['lo', 'lo']);
  });

  test('duplicate address detection is seen, and its end', async () => {
    start();
    const container = await startContainer({ addresses: [] });
    add('a', container);
    await container.exec('ip', 'address', 'add', 'fd00::9/64', 'dev', 'host0');
    await vi.waitFor(() => expect(last('a').at(-1)?.tentative).toBe(false), 5000);
    expect(told.some(({ addresses }) => addresses.some(({ tentative }) => tentative))).toBe(true);
    expect(linesOf(last('a'))).toEqual(await linesInside(container));
  });

  test('200 changes a second for 3 s lose none', async () => {
    start();
    const container = await startContainer({ addresses: [] });
    add('a', container);
    // Each change is added, seen by ip(8) itself, and every third taken away again.
    const script = `i=0; while [ $i -lt 600 ]; do
      ip address add 10.$((i / 250)).$((i % 250)).1/32 dev host0; sleep 0.002
      [ $((i % 3)) -eq 2 ] && ip address del 10.$((i / 250)).$((i % 250)).1/32 dev host0
      i=$((i + 1)); done`;
    const before = performance.now();
    await container.exec('sh', '-c', script);
    const took = performance.now() - before;
    const expected = await linesInside(container);
    expect(expected).toHaveLength(400 + 2);
    await vi.waitFor(() => expect(linesOf(last('a'))).toEqual(expected));
    console.info(`800 changes in ${Math.round(took)} ms were told in ${told.length} times`);
    // Each state told is one that was there: the addresses came in order, and only every third went.
    for (const { addresses } of told) {
      const numbers = addresses.flatMap(({ bytes }) =>
        bytes[0] === 10 ? [(bytes[1] ?? 0) * 250 + (bytes[2] ?? 0)] : [],
      );
      const newest = numbers.at(-1) ?? -1;
      const kept = Array.from({ length: newest + 1 }, (_, i) => i).filter((i) => i % 3 !== 2 || i === newest);
      expect(numbers).toEqual(kept);
    }
  }, 30_000);

  test('two machines in one namespace have the same, each for as long as it is there', async () => {
    start();
    const first = await startContainer({ addresses: ['10.9.8.7/24'] });
    const second = await startContainer({ networkOf: first });
    expect(linesOf(add('a', first).addresses)).toEqual(linesOf(add('b', second).addresses));
    await first.exec('ip', 'address', 'add', '10.9.8.8/24', 'dev', 'host0');
    await vi.waitFor(() => expect(told.map(({ key }) => key).sort()).toEqual(['a', 'b']));
    tracker.remove('a');
    await first.stop();
    await second.exec('ip', 'address', 'add', '10.9.8.9/24', 'dev', 'host0');
    await vi.waitFor(() => expect(told.map(({ key }) => key).sort()).toEqual(['a', 'b', 'b']));
    expect(linesOf(last('b'))).toEqual(await linesInside(second));
  });

  test('an interface is known to lead to the host or not', async () => {
    start();
    const elsewhere = await startContainer();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    const guest = await startContainer({ addresses: ['10.7.0.1/24'], hostSide: elsewhere });
    const inner = [
      'link add br0 type bridge',
      'link add in1 type veth peer name in2',
      'address add 172.17.0.1/16 dev br0',
    ];
    configure(container, [...inner, 'address add 172.18.0.1/16 dev in1']);
    const hostIndex = Number(readFileSync(`/sys/class/net/${container.hostInterface}/ifindex`, 'utf8'));
    const leads = (addresses: readonly Address[]) =>
      addresses.filter(({ family }) => family === 'ipv4').map((a) => [a.interfaceName, a.hostInterfaceIndex]);
    expect(leads(add('a', container).addresses)).toEqual([
      ['lo', undefined],
      ['host0', hostIndex],
      ['br0', undefined],
      ['in1', undefined],
    ]);
    expect(leads(add('b', guest).addresses)).toEqual([
      ['lo', undefined],
      ['host0', undefined],
    ]);
    // The other end moves to the host, and gets an index of the host's; then away from it again.
    const name = guest.hostInterface as string;
    await elsewhere.exec('ip', 'link', 'set', name, 'netns', '1');
    const moved = Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
    await vi.waitFor(() =>
      expect(leads(last('b'))).toEqual([
        ['lo', undefined],
        ['host0', moved],
      ]),
    );
    execFileSync('ip', ['link', 'set', name, 'netns', `${elsewhere.pid}`]);
    await vi.waitFor(() =>
      expect(leads(last('b'))).toEqual([
        ['lo', undefined],
        ['host0', undefined],
      ]),
    );
  });

  test('a machine in the network of the host has none, and says so', async () => {
    start();
    const container = await startContainer({ hostNetwork: true });
    expect(add('a', container)).toEqual({ sharesHostNetwork: true, addresses: [] });
  });

  test('a namespace that dies leaves nothing, and its id may be the next one’s', async () => {
    start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    add('a', container);
    await container.stop();
    await vi.waitFor(() => expect(told).toEqual([{ key: 'a', addresses: [], shares: false }]), 5000);
    for (let index = 0; index < 10; index++) {
      const next = await startContainer({ addresses: [`10.9.9.${index}/24`] });
      expect(linesOf(add(`n${index}`, next).addresses)).toEqual(await linesInside(next));
      await next.stop();
    }
    expect(tracker.add('b', { pid: container.pid, alive: () => false })).toEqual({
      sharesHostNetwork: false,
      addresses: [],
    });
    await vi.waitFor(() => expect(new Set(told.map(({ key }) => key)).size).toBe(11), 5000);
    for (let index = 0; index < 10; index++) expect(last(`n${index}`)).toEqual([]);
  });

  test('what was lost in an overrun is read again', async () => {
    start({ receiveBuffer: 4096 });
    const container = await startContainer({ addresses: [] });
    add('a', container);
    configure(
      container,
      Array.from({ length: 300 }, (_, i) => `address add 10.2.${i >> 8}.${i & 255}/32 dev host0`),
    );
    expect(droppedNotifications()).toBeGreaterThan(0);
    const expected = await linesInside(container);
    expect(expected).toHaveLength(302);
    await vi.waitFor(() => expect(linesOf(last('a'))).toEqual(expected));
  });

  test('a leader that goes into another namespace is noticed on refresh, at most once a second', async () => {
    start();
    const [first, second] = [
      await startContainer({ addresses: ['10.1.0.1/24'] }),
      await startContainer({ addresses: ['10.2.0.1/24'] }),
    ];
    // The same key with another PID is what setns(2) in the leader looks like from here.
    let pid = first.pid;
    tracker.add('a', {
      get pid() {
        return pid;
      },
      alive: () => true,
    });
    pid = second.pid;
    tracker.refresh('a');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    tracker.refresh('a');
    await vi.waitFor(async () => expect(linesOf(last('a'))).toEqual(await linesInside(second)));
    expect(told).toHaveLength(1);
  });

  test('a container with more addresses and names than fit harms nobody, itself included', async () => {
    start();
    const crowd = await startContainer({ addresses: ['10.1.0.1/24'] });
    const names = Array.from(
      { length: 450 },
      (_, i) => `link property add dev host0 altname ${`${i}`.padStart(100, 'x')}`,
    );
    const many = Array.from({ length: 5000 }, (_, i) => `address add 10.${2 + (i >> 8)}.${i & 255}.1/32 dev host0`);
    configure(crowd, [...names, ...many]);
    const { addresses } = add('a', crowd);
    expect(addresses.filter(({ family }) => family === 'ipv4')).toHaveLength(4096);
    expect(addresses.some(({ family }) => family === 'ipv6')).toBe(true);
    const known = new Set(addresses.map(({ interfaceIndex, interfaceName }) => `${interfaceIndex} ${interfaceName}`));
    expect(known).toEqual(new Set(['1 lo', '2 host0']));
  });

  test('nothing stays open', async () => {
    const before = readdirSync('/proc/self/fd').length;
    start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    add('a', container);
    expect(() => add('a', container)).toThrow('a are being tracked already');
    tracker.close();
    await container.stop();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

/** Changes a container's network in one go, while this process does nothing else. */
function configure(container: Container, commands: readonly string[]): void {
  execFileSync('nsenter', ['-t', `${container.pid}`, '-n', '--', 'ip', '-batch', '-'], { input: commands.join('\n') });
}

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
