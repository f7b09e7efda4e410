import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { AddressTracker } from '../../../src/sources/kernel/address-tracker.ts';
import {
  type Container,
  containersUnavailable,
  startContainers,
  stopAllContainers,
  stopContainers,
} from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const COUNT = 1000;

describe.skipIf(unavailable !== undefined)('a thousand machines', () => {
  afterAll(stopAllContainers);

  test('cost no descriptor, and a change costs what it costs with one', { timeout: 120_000 }, async () => {
    const containers = await startContainers(COUNT, (i) => ({ addresses: [`10.${i >> 8}.${i & 255}.1/24`] }));
    const loop = new EventLoop();
    const told: string[] = [];
    const tracker = new AddressTracker(loop, (key) => told.push(key));
    const add = (i: number) => tracker.add(`${i}`, { pid: (containers[i] as Container).pid, alive: () => true });

    add(0);
    const single = await msPerChange(containers[0] as Container, told);
    const descriptors = descriptorCount();
    const start = performance.now();
    for (let i = 1; i < COUNT; i++) expect(add(i).addresses.map(({ bytes }) => bytes[1])).toContain(i >> 8);
    const added = performance.now() - start;
    expect(descriptorCount()).toBe(descriptors);

    const many = await msPerChange(containers[500] as Container, told);
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
      `added ${((added * 1000) / (COUNT - 1)).toFixed(0)} us each; a change ${(single * 1000).toFixed(0)} us of CPU alone, ` +
        `${(many * 1000).toFixed(0)} us among ${COUNT}; all stopped and told in ${stopped.toFixed(0)} ms`,
    );
    // Generous, for a busy machine: it would be hundreds if all were read.
    expect(many).toBeLessThan(Math.max(5 * single, 1));
  });
});

/** CPU time of this process, from a change in the container until it is told, mean of 50. */
async function msPerChange(container: Container, told: string[]): Promise<number> {
  const script = 'for i in $(seq 50); do ip address add 10.200.0.$i/32 dev host0; sleep 0.01; done';
  told.length = 0;
  const before = process.cpuUsage();
  await container.exec('sh', '-c', script);
  await vi.waitFor(() => expect(told.length).toBeGreaterThanOrEqual(40));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / told.length;
}

function descriptorCount(): number {
  return readdirSync('/proc/self/fd').length;
}
