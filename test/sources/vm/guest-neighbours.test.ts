import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { addressText } from '../../../src/machine/address-text.ts';
import { GuestNeighbours } from '../../../src/sources/vm/guest-neighbours.ts';
import { Bridge, Guest } from '../../support/guest-network.ts';
import { containersUnavailable, stopAllContainers } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)(
  'neighbours of guests, when the kernel tells more than is listened to',
  () => {
    let loop: EventLoop;
    let neighbours: GuestNeighbours;
    let bridge: Bridge;
    let changes = 0;
    const problems: Error[] = [];
    const known = (index: number): string[] =>
      [...neighbours.neighbours(index)].map(({ bytes }) => addressText(bytes)).sort();
    /** Changes made while this process does nothing else, as many as the kernel keeps for nobody. */
    const batch = (lines: readonly string[]) => execFileSync('ip', ['-batch', '-'], { input: lines.join('\n') });

    beforeEach(async () => {
      loop = new EventLoop();
      const events = { changed: () => changes++, problem: (error: Error) => problems.push(error) };
      neighbours = new GuestNeighbours(loop, events, 4096);
      bridge = await Bridge.make('198.18.15.1/24');
    });
    afterEach(async () => {
      neighbours.close();
      loop.close();
      await bridge.remove();
      expect(problems).toEqual([]);
    });
    afterAll(stopAllContainers);

    test('all is read again, on a bridge and on an interface of its own', async () => {
      const [port, own] = [await Guest.start('198.18.15.2/24'), await Guest.start()];
      await bridge.attach(port.interfaceName);
      for (const { index } of [port, own]) neighbours.watch(index);
      await port.send('198.18.15.1');
      await vi.waitFor(() => expect(known(port.index)).toEqual(['198.18.15.2']));
      const add = (n: number, mac: string, device: string) =>
        `neighbour replace 198.18.15.${n} lladdr ${mac} dev ${device} nud stale`;
      const numbers = Array.from({ length: 80 }, (_, n) => 100 + n);
      batch(
        numbers.flatMap((n) => [add(n, port.linkAddress, bridge.name), add(n, own.linkAddress, own.interfaceName)]),
      );
      const all = numbers.map((n) => `198.18.15.${n}`);
      await vi.waitFor(() => expect(known(port.index)).toEqual([...all, '198.18.15.2'].sort()));
      await vi.waitFor(() => expect(known(own.index)).toEqual(all));

      batch(
        numbers.flatMap((n) =>
          [bridge.name, own.interfaceName].map((to) => `neighbour delete 198.18.15.${n} dev ${to}`),
        ),
      );
      await vi.waitFor(() => expect([known(port.index), known(own.index)]).toEqual([['198.18.15.2'], []]));
    });

    test('an interface that goes and comes meanwhile is another one', async () => {
      const guest = await Guest.start('198.18.15.3/24');
      await bridge.attach(guest.interfaceName);
      neighbours.watch(guest.index);
      await guest.send('198.18.15.1');
      await vi.waitFor(() => expect(known(guest.index)).toEqual(['198.18.15.3']));
      const flaps = Array.from({ length: 40 }, () => [
        `link set ${guest.interfaceName} nomaster`,
        `link set ${guest.interfaceName} master ${bridge.name}`,
      ]).flat();
      batch([...flaps, `link set ${guest.interfaceName} nomaster`]);
      await vi.waitFor(() => expect(known(guest.index)).toEqual([]));
      expect(neighbours.place(guest.index)?.portIndex).toBeUndefined();
      batch([`link set ${guest.interfaceName} master ${bridge.name}`]);
      await guest.send('198.18.15.1');
      await vi.waitFor(() => expect(known(guest.index)).toEqual(['198.18.15.3']));
      neighbours.unwatch(guest.index);
      expect(known(guest.index)).toEqual([]);
      const before = changes;
      await guest.container.exec('ip', 'link', 'set', 'host0', 'down');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(changes).toBe(before);
    });
  },
);
