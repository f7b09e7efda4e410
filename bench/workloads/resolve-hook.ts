import type { Generator } from '../load/generator.ts';
import type { BenchMachine } from '../machines.ts';
import { randomIntegers } from '../random.ts';
import { varlinkWorkload } from './varlink-workload.ts';
import type { Workload } from './workload.ts';

/** io.systemd.Resolve.Hook.ResolveRecord: both kinds of addresses of random machines, as systemd-resolved asks for them. */
export function hookByName(generator: Generator): Workload {
  return varlinkWorkload(generator, {
    name: 'hook by name',
    socket: 'resolve.hook/io.systemd.Machine',
    calls: (machines) => {
      const random = randomIntegers(262);
      return Array.from({ length: CALLS }, () => {
        const { name } = machines[random(machines.length)] as BenchMachine;
        return resolve([name, A], [name, AAAA]);
      });
    },
    probes: (machines) =>
      machines
        .slice(0, 2)
        .flatMap(({ name }) => [resolve([name, A]), resolve([name, AAAA]), resolve([name, MX]), resolve([name, PTR])])
        .concat([
          resolve(['nobody', A]),
          resolve(['nobody', A], ['m0', A]),
          resolve(['m0', A], ['m1', AAAA]),
          resolve(['.', A]),
        ]),
  });
}

const A = 1;
const PTR = 12;
const MX = 15;
const AAAA = 28;
// Enough that no cache of a few replies can stand for a lookup.
const CALLS = 16_384;

function resolve(...keys: readonly (readonly [name: string, type: number])[]): string {
  const question = keys.map(([name, type]) => ({ key: { class: 1, type, name } }));
  return JSON.stringify({ method: 'io.systemd.Resolve.Hook.ResolveRecord', parameters: { question } });
}
