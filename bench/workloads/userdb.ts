import type { Generator } from '../load/generator.ts';
import { type BenchMachine, RANGE } from '../machines.ts';
import { randomIntegers } from '../random.ts';
import { varlinkWorkload } from './varlink-workload.ts';
import type { Workload } from './workload.ts';

/**
 * io.systemd.UserDatabase.GetUserRecord by uid: random ids of random machines.
 * @param once each over a connection of its own, as programs ask that ask once
 */
export function userdbByUid(generator: Generator, once = false): Workload {
  return varlinkWorkload(generator, {
    name: once ? 'userdb, a connection for each call' : 'userdb by uid',
    socket: SOCKET,
    once,
    calls: (machines) => randomIds(machines, ({ base }, id) => getUser({ uid: base + id })),
    probes: (machines) =>
      edges(machines)
        .flatMap(({ base }) => [getUser({ uid: base }), getUser({ uid: base + LAST_ID }), getGroup({ gid: base + 33 })])
        .concat([
          getUser({ uid: 0 }),
          getUser({ uid: 1000 }),
          getUser({ uid: (edges(machines)[0]?.base ?? 0) - 1 }),
          getUser({ uid: (edges(machines).at(-1)?.base ?? 0) + RANGE }),
        ]),
  });
}

/** io.systemd.UserDatabase.GetUserRecord by name: `vu-MACHINE-ID` of random ids of random machines. */
export function userdbByName(generator: Generator): Workload {
  return varlinkWorkload(generator, {
    name: 'userdb by name',
    socket: SOCKET,
    calls: (machines) => randomIds(machines, ({ name }, id) => getUser({ userName: `vu-${name}-${id}` })),
    probes: (machines) =>
      edges(machines)
        .flatMap(({ name, base }) => [
          getUser({ userName: `vu-${name}-0` }),
          getUser({ userName: `vu-${name}-${LAST_ID}` }),
          getUser({ userName: `vu-${name}-${RANGE}` }),
          getUser({ userName: `vu-${name}-01` }),
          getUser({ userName: `vu-${name}-0`, uid: base }),
          getUser({ userName: `vu-${name}-0`, uid: base + 1 }),
          getGroup({ groupName: `vg-${name}-33` }),
        ])
        .concat([getUser({ userName: 'vu-nobody-0' }), getUser({ userName: 'root' }), getUser({ userName: 'vu-' })]),
  });
}

const SOCKET = 'userdb/io.systemd.Machine';
// Enough that no cache of a few replies can stand for a lookup.
const CALLS = 16_384;
// The machine's 65535 is no user: it is the 16-bit form of "none" (uid_t -1), and the two differ in how they say so.
const LAST_ID = RANGE - 2;

function randomIds(machines: readonly BenchMachine[], call: (machine: BenchMachine, id: number) => string): string[] {
  const random = randomIntegers(262);
  return Array.from({ length: CALLS }, () =>
    call(machines[random(machines.length)] as BenchMachine, random(LAST_ID + 1)),
  );
}

function edges(machines: readonly BenchMachine[]): BenchMachine[] {
  return [machines[0], machines.at(-1)].filter((machine) => machine !== undefined);
}

function getUser(parameters: object): string {
  return call('GetUserRecord', parameters);
}

function getGroup(parameters: object): string {
  return call('GetGroupRecord', parameters);
}

function call(method: string, parameters: object): string {
  return JSON.stringify({
    method: `io.systemd.UserDatabase.${method}`,
    parameters: { ...parameters, service: 'io.systemd.Machine' },
  });
}
