import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Container, startContainers } from '../test/support/namespaces.ts';
import { ask } from './ask.ts';

/** A running machine: a process with a user and a network namespace of its own, which has two addresses. */
export interface BenchMachine {
  readonly name: string;
  readonly leader: number;
  /** The host's id for the machine's id 0. */
  readonly base: number;
}

/** How many ids every machine has. */
export const RANGE = 65_536;

/** The machines of a run. They only become more, and end with this process. */
export class Fleet {
  readonly #containers: Container[] = [];
  readonly #machines: BenchMachine[] = [];

  get machines(): readonly BenchMachine[] {
    return this.#machines;
  }

  /** Starts what is missing up to `count` and gives the new ones. */
  async grow(count: number): Promise<readonly BenchMachine[]> {
    const first = this.#machines.length;
    const containers = await startContainers(Math.max(0, count - first), (index) => ({
      uidBase: base(first + index),
      addresses: addresses(first + index),
    }));
    const added = containers.map(({ pid }, index) => ({
      name: `m${first + index}`,
      leader: pid,
      base: base(first + index),
    }));
    for (const { name, leader } of added) moveToControlGroup(leader, name);
    this.#containers.push(...containers);
    this.#machines.push(...added);
    return added;
  }
}

// systemd-machined 262 takes one machine for a unit, or many with a control group each below the unit's. This process
// is a service with Delegate=yes, so what is below its control group is its own.
function moveToControlGroup(leader: number, name: string): void {
  const ours = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  const directory = `/sys/fs/cgroup${ours}/${name}`;
  mkdirSync(directory);
  writeFileSync(`${directory}/cgroup.procs`, `${leader}`);
}

// Above every range that the system gives out (uids.conf of systemd: 524288 to 1879048191 is for containers).
function base(index: number): number {
  return 0x1000_0000 + index * RANGE;
}

// On a link of its own each, which only the machine's end has addresses on.
function addresses(index: number): string[] {
  const [high, low] = [index >> 8, index & 0xff];
  return [`10.${high}.${low}.2/24`, `fd00:${high.toString(16)}:${low.toString(16)}::2/64`];
}

/** Registers machines with an io.systemd.Machine service. Throws the first error reply. */
export async function register(socket: string, machines: readonly BenchMachine[]): Promise<void> {
  const calls = machines.map(({ name, leader }) =>
    JSON.stringify({
      method: 'io.systemd.Machine.Register',
      parameters: { name, class: 'container', service: 'bench', leader },
    }),
  );
  for (const [index, reply] of (await ask(socket, calls)).entries()) {
    if (reply.includes('"error"'))
      throw new Error(`${machines[index]?.name} was not registered at ${socket}: ${reply}`);
  }
}
