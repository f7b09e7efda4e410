import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { Address } from '../../../../src/machine/address.ts';
import { containersUnavailable, startContainer } from '../../../support/namespaces.ts';
import { configure, TrackerHarness } from './harness.ts';
import { linesInside, linesOf } from './text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses of machines', () => {
  const harness = new TrackerHarness();

  test('are there from the start, and follow what happens inside', async () => {
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24', 'fd00::1/64'] });
    const network = harness.add('a', container);
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
      await vi.waitFor(() => expect(linesOf(harness.last('a'))).toEqual(expected));
    }
    expect(harness.last('a').map(({ interfaceName }) => interfaceName)).toEqual(['lo', 'lo']);
  });

  test('are not harness.told again when nothing of them changed', async () => {
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    harness.add('a', container);
    const lifetimes = ['valid_lft', '1000', 'preferred_lft', '900'];
    await container.exec('ip', 'link', 'set', 'host0', 'mtu', '1400');
    await container.exec('ip', 'address', 'change', '10.9.8.7/24', 'dev', 'host0', ...lifetimes);
    await container.exec('ip', 'address', 'add', '10.9.8.8/24', 'dev', 'host0');
    await vi.waitFor(() => expect(linesOf(harness.last('a'))).toContain('10.9.8.8/24 host0(2) scope 0'));
    expect(harness.told).toHaveLength(1);
  });

  test('duplicate address detection is seen, and its end', async () => {
    harness.start();
    const container = await startContainer({ addresses: [] });
    harness.add('a', container);
    await container.exec('ip', 'address', 'add', 'fd00::9/64', 'dev', 'host0');
    await vi.waitFor(() => expect(harness.last('a').at(-1)?.tentative).toBe(false), 5000);
    expect(harness.told.some(({ addresses }) => addresses.some(({ tentative }) => tentative))).toBe(true);
    expect(linesOf(harness.last('a'))).toEqual(await linesInside(container));
  });

  test('200 changes a second for 3 s lose none', async () => {
    harness.start();
    const container = await startContainer({ addresses: [] });
    harness.add('a', container);
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
    await vi.waitFor(() => expect(linesOf(harness.last('a'))).toEqual(expected));
    console.info(`800 changes in ${Math.round(took)} ms were told in ${harness.told.length} times`);
    // Each state harness.told is one that was there: the addresses came in order, and only every third went.
    for (const { addresses } of harness.told) {
      const numbers = addresses.flatMap(({ bytes }) =>
        bytes[0] === 10 ? [(bytes[1] ?? 0) * 250 + (bytes[2] ?? 0)] : [],
      );
      const newest = numbers.at(-1) ?? -1;
      const kept = Array.from({ length: newest + 1 }, (_, i) => i).filter((i) => i % 3 !== 2 || i === newest);
      expect(numbers).toEqual(kept);
    }
  }, 30_000);

  test('two machines in one namespace have the same, each for as long as it is there', async () => {
    harness.start();
    const first = await startContainer({ addresses: ['10.9.8.7/24'] });
    const second = await startContainer({ networkOf: first });
    expect(linesOf(harness.add('a', first).addresses)).toEqual(linesOf(harness.add('b', second).addresses));
    await first.exec('ip', 'address', 'add', '10.9.8.8/24', 'dev', 'host0');
    await vi.waitFor(() => expect(harness.told.map(({ key }) => key).sort()).toEqual(['a', 'b']));
    harness.tracker.remove('a');
    await first.stop();
    await second.exec('ip', 'address', 'add', '10.9.8.9/24', 'dev', 'host0');
    await vi.waitFor(() => expect(harness.told.map(({ key }) => key).sort()).toEqual(['a', 'b', 'b']));
    expect(linesOf(harness.last('b'))).toEqual(await linesInside(second));
  });

  test('an interface is known to lead to the host or not', async () => {
    harness.start();
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
    expect(leads(harness.add('a', container).addresses)).toEqual([
      ['lo', undefined],
      ['host0', hostIndex],
      ['br0', undefined],
      ['in1', undefined],
    ]);
    expect(leads(harness.add('b', guest).addresses)).toEqual([
      ['lo', undefined],
      ['host0', undefined],
    ]);
    // The other end moves to the host, and gets an index of the host's; then away from it again.
    const name = guest.hostInterface as string;
    await elsewhere.exec('ip', 'link', 'set', name, 'netns', '1');
    const moved = Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
    await vi.waitFor(() =>
      expect(leads(harness.last('b'))).toEqual([
        ['lo', undefined],
        ['host0', moved],
      ]),
    );
    execFileSync('ip', ['link', 'set', name, 'netns', `${elsewhere.pid}`]);
    await vi.waitFor(() =>
      expect(leads(harness.last('b'))).toEqual([
        ['lo', undefined],
        ['host0', undefined],
      ]),
    );
  });

  test('a machine in the network of the host has none, and says so', async () => {
    harness.start();
    const container = await startContainer({ hostNetwork: true });
    expect(harness.add('a', container)).toEqual({ sharesHostNetwork: true, addresses: [] });
  });
});
