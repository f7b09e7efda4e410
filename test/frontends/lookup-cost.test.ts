import { afterAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../src/machine/machine.ts';
import type { Registry } from '../../src/machine/registry.ts';
import type { HostNames } from '../../src/resolver/host-names.ts';
import type { Implementation } from '../../src/varlink/index.ts';
import { OperationCounter } from '../support/operation-counter.ts';

// What a question costs must not grow with the number of machines. It is counted, not timed: this holds on any machine.

const counter = new OperationCounter();
// Only now, so that they are counted.
const { Responder } = await import('../../src/frontends/dns/responder.ts');
const { Zone } = await import('../../src/frontends/dns/zone.ts');
const { machineInterface } = await import('../../src/frontends/machine/handlers.ts');
const { Filter } = await import('../../src/frontends/resolve-hook/filter.ts');
const { resolveHook } = await import('../../src/frontends/resolve-hook/handlers.ts');
const { userDatabase } = await import('../../src/frontends/userdb/handlers.ts');
const { HostNames: Names } = await import('../../src/resolver/host-names.ts');
const { servicesOver, managerCall, treeOf } = await import('./machine1/test-services.ts');
const { query } = await import('./dns/messages.ts');
const { sampleMachine } = await import('../machine/sample-machine.ts');
const { sampleAddress } = await import('../resolver/sample-address.ts');

const FEW = 10;
const MANY = 10_000;
const BASE = 100_000;

/** All front ends over one registry, and one question that goes to each machine of a number. */
function world(machines: number) {
  const made = Array.from({ length: machines }, (_, index) => machineOf(index));
  const { tree, registry } = treeOf(made);
  // Each machine's interface has an end on the host, and that an address.
  const host = made.map((_, index) =>
    sampleAddress(`172.${16 + (index >> 16)}.${(index >> 8) & 255}.${index & 255} global ${index + 2}`),
  );
  const names: HostNames = new Names(registry, { hostAddresses: () => host });
  const metadata = { hostAddresses: () => host, refresh: () => {}, osRelease: async () => [] };
  const userdb = userDatabase({ registry, service: 'io.systemd.Machine' });
  const hook = resolveHook({ hostNames: names, filter: new Filter(names), metadata });
  const machine = machineInterface({ ...servicesOver(registry), metadata, bootId: '0'.repeat(32) });
  const zone = new Zone({ domain: 'machine.internal', names, host: () => host, asked: () => {} });
  const responder = new Responder({ zone, ttl: 0, onProblem: () => {} });
  const questions: Record<string, (index: number) => unknown> = {
    'userdb, user by uid': (index) => ask(userdb, 'GetUserRecord', { uid: BASE + index * 65_536 + 33, ...SERVICE }),
    'userdb, user by name': (index) => ask(userdb, 'GetUserRecord', { userName: `vu-m${index}-33`, ...SERVICE }),
    'userdb, group by gid': (index) => ask(userdb, 'GetGroupRecord', { gid: BASE + index * 65_536 + 33, ...SERVICE }),
    'userdb, group by name': (index) => ask(userdb, 'GetGroupRecord', { groupName: `vg-m${index}-33`, ...SERVICE }),
    'userdb, usual call by uid': (index) =>
      usual(userdb, 'GetUserRecord', { uid: BASE + index * 65_536 + 33, ...SERVICE }),
    'userdb, usual call by name': (index) =>
      usual(userdb, 'GetUserRecord', { userName: `vu-m${index}-33`, ...SERVICE }),
    'userdb, nobody': (index) => ask(userdb, 'GetUserRecord', { userName: `vu-nobody${index}-33`, ...SERVICE }),
    'hook, A': (index) => ask(hook, 'ResolveRecord', { question: [{ key: { class: 1, type: 1, name: `m${index}` } }] }),
    'hook, usual call': (index) =>
      usual(hook, 'ResolveRecord', { question: [{ key: { class: 1, type: 1, name: `m${index}` } }] }),
    'hook, PTR': (index) =>
      ask(hook, 'ResolveRecord', { question: [{ key: { class: 1, type: 12, name: reverse(index) } }] }),
    'hook, nobody': (index) =>
      ask(hook, 'ResolveRecord', { question: [{ key: { class: 1, type: 1, name: `nobody${index}.example` } }] }),
    'Varlink List by name': (index) => ask(machine, 'List', { name: `m${index}` }),
    'Varlink List by process': (index) => ask(machine, 'List', { pid: { pid: PIDS + index } }),
    'Varlink MapTo': (index) => ask(machine, 'MapTo', { uid: BASE + index * 65_536 + 33 }),
    'Varlink MapFrom': (index) => ask(machine, 'MapFrom', { name: `m${index}`, uid: 33 }),
    'D-Bus GetMachine': (index) => tree.answer(managerCall('GetMachine', 's', [`m${index}`])),
    'D-Bus GetMachineByPID': (index) => tree.answer(managerCall('GetMachineByPID', 'u', [PIDS + index])),
    'D-Bus GetMachineAddresses': (index) => tree.answer(managerCall('GetMachineAddresses', 's', [`m${index}`])),
    'D-Bus MapToMachineUser': (index) =>
      tree.answer(managerCall('MapToMachineUser', 'u', [BASE + index * 65_536 + 33])),
    'DNS, A': (index) => responder.respond(query(`m${index}.machine.internal`, 'A'), asker, 'udp'),
    'DNS, PTR': (index) => responder.respond(query(reverse(index), 'PTR'), asker, 'udp'),
  };
  return { registry, tree, names, questions };
}

const SERVICE = { service: 'io.systemd.Machine' };
const PIDS = 100_000;
const asker = () => Uint8Array.of(127, 0, 0, 1);

function machineOf(index: number): Machine {
  const map = { uidMap: `0 ${BASE + index * 65_536} 65536` };
  const machine = sampleMachine(`m${index}`, { ...map, leader: { pid: PIDS + index } });
  const addresses = [sampleAddress(`10.${index >> 8}.${index & 255}.2 global 2 host:${index + 2}`)];
  return { ...machine, facts: { ...machine.facts, addresses } };
}

function reverse(index: number): string {
  return `2.${index & 255}.${index >> 8}.10.in-addr.arpa`;
}

/** What a method answers; an error as any other. */
async function ask({ methods }: Implementation, name: string, parameters: Record<string, unknown>): Promise<unknown> {
  const [, method] = [...methods].find(([full]) => full.endsWith(`.${name}`)) ?? [];
  expect(method?.check(parameters)).toBeUndefined();
  const peer = { uid: 0, gid: 0, pid: 1, openPidfd: () => -1 };
  return method?.handler?.(parameters, { peer, more: false, signal: AbortSignal.timeout(10_000) } as never);
}

/** What the shortcut answers to the bytes of a call: what it does first, and when it is asked again. */
function usual({ name, shortcut }: Implementation, method: string, parameters: Record<string, unknown>): void {
  const call = Buffer.from(`${JSON.stringify({ method: `${name}.${method}`, parameters })}\0`);
  for (let time = 0; time < 2; time++) expect(shortcut?.(call)?.length).toBeGreaterThan(0);
}

describe('with ten thousand machines instead of ten', () => {
  const [few, many] = [world(FEW), world(MANY)];
  afterAll(() => counter.close());

  /** The least of several, each about another machine; what is made once for all has been made before. */
  async function cost({ questions }: typeof few, name: string, indices: readonly number[]): Promise<number> {
    const question = questions[name] as (index: number) => unknown;
    await question(indices[0] as number);
    let least = Number.POSITIVE_INFINITY;
    for (const index of indices.slice(1)) least = Math.min(least, await counter.count(() => question(index)));
    return least;
  }

  test.each(Object.keys(few.questions))('%s does no more', async (name) => {
    const [little, much] = [await cost(few, name, [1, 4, 7, 9]), await cost(many, name, [1, 4000, 7000, 9999])];
    expect(little).toBeGreaterThan(5);
    // A search by halves takes ten steps more, of eight pieces each; now and then a few of something else are among them.
    expect(much).toBeLessThan(little + 200);
  });

  test('what goes over all machines is seen to', async () => {
    const over = async ({ registry }: { registry: Registry }) => counter.count(() => [...registry].length);
    expect(await over(few)).toBeLessThan(300);
    expect(await over(many)).toBeGreaterThan(MANY);
    const list = (tree: typeof few.tree) => counter.count(() => tree.answer(managerCall('ListMachines')));
    expect(await list(many.tree)).toBeGreaterThan(MANY);
    const values = Array.from({ length: MANY }, (_, index) => index);
    expect(await counter.count(() => values.includes(-1))).toBeGreaterThanOrEqual(MANY);
  });
});
