import { type Container, startContainers } from '../test/support/namespaces.ts';
import { ask } from './ask.ts';
import { moveToControlGroup } from './control-group.ts';

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

  get containers(): readonly Container[] {
    return this.#containers;
  }

  /** Starts what is missing up to `count` and gives the new ones. */
  async grow(count: number): Promise<readonly BenchMachine[]> {
    const first = this.#machines.length;
    if (count <= first) return [];
    const containers = await startContainers(count - first, (index) => ({
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

// Above every range that the system gives out (uids.conf of systemd: 524288 to 1879048191 is for containers).
function base(index: number): number {
  return 0x1000_0000 + index * RANGE;
}

// On a link of its own each, which only the machine's end has addresses on.
function addresses(index: number): string[] {
  const [high, low] = [index >> 8, index & 0xff];
  return [`10.${high}.${low}.2/24`, `fd00:${high.toString(16)}:${low.toString(16)}::2/64`];
}

/** A call that registers a machine with an io.systemd.Machine service. */
export function registration({ name, leader }: BenchMachine): string {
  const parameters = { name, class: 'container', service: 'bench', leader };
  return JSON.stringify({ method: 'io.systemd.Machine.Register', parameters });
}

/** A call that forgets it again. */
export function unregistration({ name }: BenchMachine): string {
  return JSON.stringify({ method: 'io.systemd.Machine.Unregister', parameters: { name } });
}

/**
 * Registers machines, one after the other over one connection.
 * @param onReply told of each as it is there
 * @throws Error with the first error reply
 */
export async function register(socket: string, machines: readonly BenchMachine[], onReply?: () => void): Promise<void> {
  await askWithoutError(socket, machines.map(registration), onReply);
}

/** Forgets them again. @throws Error with the first error reply */
export async function unregister(socket: string, machines: readonly BenchMachine[]): Promise<void> {
  await askWithoutError(socket, machines.map(unregistration));
}

/** Asks until all is asked. @throws Error with the first error reply */
export async function askWithoutError(socket: string, calls: readonly string[], onReply?: () => void): Promise<void> {
  for (const [index, reply] of (await ask(socket, calls, onReply)).entries()) {
    if (reply.includes('"error"')) throw new Error(`${socket} answered ${reply} to ${calls[index]}`);
  }
}
