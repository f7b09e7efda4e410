import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../../src/linux/event-loop.ts';
import { check, declare } from '../../../../src/linux/libc.ts';
import type { Address } from '../../../../src/machine/address.ts';
import { AddressTracker } from '../../../../src/sources/kernel/addresses/tracker.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../../../support/namespaces.ts';
import { linesInside, linesOf } from './text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const CAP_NET_BROADCAST = 11;
const CAP_NET_ADMIN = 12;

describe.skipIf(unavailable !== undefined)('the addresses of machines, without the privilege for netlink', () => {
  afterAll(stopAllContainers);

  test.each([
    ['CAP_NET_ADMIN', CAP_NET_ADMIN],
    ['CAP_NET_BROADCAST', CAP_NET_BROADCAST],
  ])('%s: the reason is told, and /proc is read when asked', async (_, capability) => {
    const container = await startContainer({ addresses: ['10.9.8.7/24', 'fd00::1/64'] });
    const loop = new EventLoop();
    const told: (readonly Address[])[] = [];
    const problems: Error[] = [];
    const tracker = withoutCapability(
      capability,
      () =>
        new AddressTracker(loop, (_key, addresses) => told.push(addresses), {
          onProblem: (error) => problems.push(error),
        }),
    );
    expect(tracker.limitation?.message).toMatch(/: (EPERM|EACCES)$/);
    const network = tracker.add('a', { pid: container.pid, alive: () => container.alive });
    expect(linesOf(network.addresses).sort()).toEqual((await linesInside(container)).sort());
    expect(tracker.add('h', { pid: process.pid, alive: () => true }).sharesHostNetwork).toBe(true);

    await container.exec('ip', 'address', 'add', '10.9.8.8/24', 'dev', 'host0');
    tracker.refresh('a');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(told).toEqual([]);
    for (let i = 0; i < 100; i++) tracker.refresh('a');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(linesOf(told[0] ?? []).sort()).toEqual((await linesInside(container)).sort());

    await container.stop();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    tracker.refresh('a');
    await vi.waitFor(() => expect(told.at(-1)).toEqual([]));
    tracker.close();
    loop.close();
    expect(problems).toEqual([]);
  });

  test('taken away later, machines so far stay live and new ones are read from /proc, with a word about it', async () => {
    const [first, second] = [await startContainer({ addresses: ['10.1.0.1/24'] }), await startContainer()];
    const loop = new EventLoop();
    const problems: Error[] = [];
    const told: string[] = [];
    const tracker = new AddressTracker(loop, (key) => told.push(key), { onProblem: (error) => problems.push(error) });
    tracker.add('a', { pid: first.pid, alive: () => first.alive });
    await second.exec('ip', 'link', 'set', 'lo', 'up');
    const network = withoutCapability(CAP_NET_ADMIN, () => tracker.add('b', { pid: second.pid, alive: () => true }));
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/RTM_NEWNSID of process \d+.*: EPERM$/),
    ]);
    expect(linesOf(network.addresses)).toEqual(['127.0.0.1/8 lo(1) scope 254', '::1/128 lo(1) scope 254']);
    await first.exec('ip', 'address', 'add', '10.1.0.2/24', 'dev', 'host0');
    await vi.waitFor(() => expect(told).toEqual(['a']));
    tracker.close();
    loop.close();
  });

  test('taken away for a while, what could not be read is read later, with one word about it', async () => {
    // Over a namespace of a user namespace that this user made it would have the capability all the same.
    const container = await startContainer({ hostUsers: true, addresses: ['10.1.0.1/24'] });
    const loop = new EventLoop();
    const problems: Error[] = [];
    const told: (readonly Address[])[] = [];
    const tracker = new AddressTracker(loop, (_key, addresses) => told.push(addresses), {
      onProblem: (error) => problems.push(error),
    });
    tracker.add('a', { pid: container.pid, alive: () => true });
    await withoutCapability(CAP_NET_ADMIN, async () => {
      for (const last of [2, 3]) {
        execFileSync('nsenter', [
          '-t',
          `${container.pid}`,
          '-n',
          'ip',
          'address',
          'add',
          `10.1.0.${last}/24`,
          'dev',
          'host0',
        ]);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^RTM_GETADDR .*: EACCES$/)]);
    expect(told).toEqual([]);
    await vi.waitFor(() => expect(told).toHaveLength(1), 3000);
    expect(linesOf(told[0] ?? [])).toEqual(await linesInside(container));
    tracker.close();
    loop.close();
  });
});

/** Does something with a capability not effective in this thread, and has it effective again after. */
function withoutCapability<T>(capability: number, work: () => T): T {
  setEffective(capability, false);
  let result: T;
  try {
    result = work();
  } catch (error) {
    setEffective(capability, true);
    throw error;
  }
  if (result instanceof Promise) return result.finally(() => setEffective(capability, true)) as T;
  setEffective(capability, true);
  return result;
}

function setEffective(capability: number, effective: boolean): void {
  const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const sets = new Uint32Array(6);
  check(capget(header, sets), 'capget');
  const bit = 1 << capability;
  sets[0] = effective ? (sets[0] as number) | bit : (sets[0] as number) & ~bit;
  check(capset(header, sets), 'capset');
}

const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
const capget = declare('int capget(void *header, void *sets)');
const capset = declare('int capset(void *header, void *sets)');
