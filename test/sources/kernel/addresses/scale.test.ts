import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../../src/linux/event-loop.ts';
import { AddressTracker } from '../../../../src/sources/kernel/addresses/tracker.ts';
import {
  type Container,
  containersUnavailable,
  startContainers,
  stopAllContainers,
  stopContainers,
} from '../../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const COUNT = 1000;

describe.skipIf(unavailable !== undefined)('a thousand machines', () => {
  afterAll(stopAllContainers);

  test('cost no descriptor, and a change costs what it costs with one', { timeout: 120_000 }, async () => {
    const containers = await startContainers(COUNT, (i) => ({ addresses: [`10.${i >> 8}.${i & 255}.1/24`] }));
    const loop = new EventLoop();
    const told: string[] = [];
    const listener: Listener = { heard: () => {} };
    const tracker = new AddressTracker(loop, (key) => {
      told.push(key);
      listener.heard();
    });
    const add = (i: number) => tracker.add(`${i}`, { pid: (containers[i] as Container).pid, alive: () => true });

    add(0);
    const single = await msToTell(containers[0] as Container, listener);
    const descriptors = descriptorCount();
    const start = performance.now();
    for (let i = 1; i < COUNT; i++) expect(add(i).addresses.map(({ bytes }) => bytes[1])).toContain(i >> 8);
    const added = performance.now() - start;
    expect(descriptorCount()).toBe(descriptors);

    const many = await msToTell(containers[500] as Container, listener);
    told.length = 0;
    const stopping = performance.now();
    await stopContainers(containers);
    await vi.waitFor(() => expect(new Set(told).size).toBe(COUNT), { timeout: 60_000, interval: 10 });
    const stopped = performance.now() - stopping;
    for (let i = 0; i < COUNT; i++) tracker.remove(`${i}`);
    tracker.close();
    loop.close();
    expect(descriptorCount()).toBeLessThan(descriptors);
    console.info(
      `added ${((added * 1000) / (COUNT - 1)).toFixed(0)} us each; a change told after ${(single * 1000).toFixed(0)} us alone, ` +
        `${(many * 1000).toFixed(0)} us among ${COUNT}; all stopped and told in ${stopped.toFixed(0)} ms`,
    );
    // Generous, for a busy machine: to read all of them takes more than ten.
    expect(many).toBeLessThan(Math.max(5 * single, 3));
  });
});

/** From a change in the container, which is made while this process does nothing, until it is told; median of 50. */
async function msToTell(container: Container, tracker: Listener): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const command = ['address', 'add', `10.200.0.${i}/32`, 'dev', 'host0'];
    execFileSync('nsenter', ['-t', `${container.pid}`, '-n', '--', 'ip', ...command]);
    const start = performance.now();
    await new Promise<void>((resolve) => {
      tracker.heard = resolve;
    });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[25] as number;
}

interface Listener {
  heard(): void;
}

function descriptorCount(): number {
  return readdirSync('/proc/self/fd').length;
}
