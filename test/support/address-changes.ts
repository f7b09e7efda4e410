import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { IpBatch } from './ip-batch.ts';
import type { Container } from './namespaces.ts';

/** The addresses that a container had, one set of them after the other; at first none. No two are the same. */
export type AddressStates = readonly (readonly string[])[];

/**
 * Adds and deletes addresses in containers that have none, each container in its turn, 200 times a second at most, and
 * gives by container what it had. Those of the first one are in 10.0.0.0/16, of the second in 10.1.0.0/16. An address
 * stays for two seconds where there are ten containers: longer than a busy machine lets anybody wait.
 */
export async function changeAddresses(containers: readonly Container[], changes: number): Promise<AddressStates[]> {
  const batches = containers.map((container) => new IpBatch(container));
  const done: string[][][] = containers.map(() => [[]]);
  // Until all are there to take commands.
  await sleep(300);
  let next = performance.now();
  for (let change = 0; change < changes; change++) {
    const machine = change % containers.length;
    const states = done[machine] as string[][];
    const now = states.at(-1) as string[];
    const number = states.length;
    const address = `10.${machine}.${number >> 8}.${number & 255}`;
    const [oldest = ''] = now;
    const full = now.length > KEPT;
    batches[machine]?.run(full ? `address del ${oldest}/32 dev host0` : `address add ${address}/32 dev host0`);
    states.push(full ? now.slice(1) : [...now, address]);
    // What was late is not made up for: changes that come at once are one.
    next = Math.max(next + 5, performance.now() + 2);
    await sleep(next - performance.now());
  }
  await Promise.all(batches.map((batch) => batch.end()));
  return done;
}

/**
 * What was told of a container: each state was one that it had, in that order, and each address that it had was told.
 * Changes that come in one turn of the daemon's event loop may be one.
 */
export function expectNoneLost(told: AddressStates, states: AddressStates): void {
  let at = 0;
  for (const state of told) {
    while (at < states.length && !sameAddresses(state, states[at])) at++;
    expect(at, `${state} was never so, or earlier`).toBeLessThan(states.length);
  }
  expect(new Set(told.flat()), 'addresses').toEqual(new Set(states.flat()));
}

/** Whatever the order. */
export function sameAddresses(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return [...one].sort().join() === [...other].sort().join();
}

const KEPT = 20;
