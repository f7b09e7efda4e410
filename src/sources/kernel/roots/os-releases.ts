import { MachineError } from '../../../machine/errors.ts';
import { isSameRegistration, type Machine } from '../../../machine/machine.ts';
import type { MachineRoots } from './machine-roots.ts';

/** Milliseconds for which what was read ahead is good, as long as nobody else can have asked in between. */
const FRESH = 200;
/** Machines that are read ahead of one who lists them, at most. */
const FURTHEST = 32;
/** Listings that are read ahead for; of more, the one that began first goes on without. */
const LISTINGS = 8;

type Fields = Promise<readonly string[]>;
type Roots = Pick<MachineRoots, 'osRelease' | 'osReleases'>;

/**
 * What machines' os-release(5) says. It is read when somebody asks, and for each answer; but for one who asks for the
 * machines one after another in the order of the registry, as `machinectl list` does, the next ones are read while that
 * one is busy with the last. It is told what was read since it began, and at most {@link FRESH} ms ago; what was read
 * for one is never told to another.
 */
export class OsReleases {
  readonly #machines: Iterable<Machine>;
  readonly #roots: Roots;
  readonly #listings = new Map<unknown, Listing>();

  /** @param machines all there are, in the order in which they are listed, as they are when it is gone through */
  constructor(machines: Iterable<Machine>, roots: Roots) {
    this.#machines = machines;
    this.#roots = roots;
  }

  /**
   * Those of a machine, as {@link MachineRoots.osRelease} has them.
   * @param reader who asks, by which one is told from another; undefined: nothing is read ahead
   */
  of(machine: Machine, reader?: unknown): Fields {
    if (reader === undefined) return this.#roots.osRelease(machine);
    const listing = this.#listings.get(reader);
    const ahead = listing?.take(machine);
    if (listing?.over) this.#listings.delete(reader);
    if (ahead !== undefined) {
      return ahead.catch((error: unknown) => {
        if (isAnswer(error)) throw error;
        return this.#roots.osRelease(machine);
      });
    }
    // Before what comes after it, which may have to wait for it.
    const fields = this.#roots.osRelease(machine);
    const order = listed(this.#machines);
    if (order.next().value?.name === machine.name) this.#begin(reader, new Listing(order, this.#roots));
    return fields;
  }

  #begin(reader: unknown, listing: Listing): void {
    this.#listings.delete(reader);
    this.#listings.set(reader, listing);
    for (const oldest of this.#listings.keys()) {
      if (this.#listings.size <= LISTINGS) break;
      this.#listings.delete(oldest);
    }
  }
}

/** One who has asked for the first machine, and is likely to ask for the others. */
class Listing {
  readonly #order: Iterator<Machine>;
  readonly #roots: Roots;
  /** By name, in the order of the registry. */
  readonly #ahead = new Map<string, Ahead>();
  #room = 1;
  #atEnd = false;

  constructor(order: Iterator<Machine>, roots: Roots) {
    this.#order = order;
    this.#roots = roots;
    this.#read();
  }

  get over(): boolean {
    return this.#atEnd && this.#ahead.size === 0;
  }

  /** What was read of a machine ahead, if it was and is good. It goes with that. */
  take(machine: Machine): Fields | undefined {
    const found = this.#ahead.get(machine.name);
    if (found === undefined) return undefined;
    // Those before it were passed over.
    for (const name of this.#ahead.keys()) {
      this.#ahead.delete(name);
      if (name === machine.name) break;
    }
    const good = performance.now() <= found.goodUntil && isSameRegistration(found.machine, machine);
    this.#room = good ? Math.min(2 * this.#room, FURTHEST) : 1;
    this.#read();
    return good ? found.fields : undefined;
  }

  /** Many at a time cost little more than one. */
  #read(): void {
    if (this.#ahead.size > this.#room / 2) return;
    const machines: Machine[] = [];
    while (this.#ahead.size + machines.length < this.#room && !this.#atEnd) {
      const { value, done } = this.#order.next();
      if (done) this.#atEnd = true;
      else machines.push(value);
    }
    for (const [index, fields] of this.#roots.osReleases(machines).entries()) {
      const machine = machines[index] as Machine;
      this.#ahead.set(machine.name, new Ahead(machine, fields));
    }
  }
}

/** What is read of a machine before it was asked for. */
class Ahead {
  readonly machine: Machine;
  readonly fields: Fields;
  /** Of performance.now(). */
  goodUntil: number = Number.POSITIVE_INFINITY;

  constructor(machine: Machine, fields: Fields) {
    this.machine = machine;
    this.fields = fields;
    const read = (): void => {
      this.goodUntil = performance.now() + FRESH;
    };
    fields.then(read, read);
  }
}

/** Whether it is a machine's own answer that it has none, and not only that it was not read ahead. */
function isAnswer(error: unknown): boolean {
  return error instanceof MachineError && error.code === 'no-os-release-information';
}

function* listed(machines: Iterable<Machine>): IterableIterator<Machine> {
  for (const machine of machines) if (machine.class !== 'host') yield machine;
}
