import { MachineError } from './errors.ts';
import { EventQueue } from './event-queue.ts';
import { IdIndex, type Owned, type Segment } from './id-index.ts';
import { foreignLines, type IdMap, type IdMapLine } from './id-map.ts';
import { isSameRegistration, type Machine, ownUnit } from './machine.ts';
import { hostMachineName, type MachineName } from './machine-name.ts';
import { namedDigits, ShortNames, shortName } from './short-name.ts';

/** A change of the registry, told after it has happened. */
export type RegistryEvent =
  | { readonly kind: 'added'; readonly machine: Machine }
  | { readonly kind: 'removed'; readonly machine: Machine }
  /** The same name before and after; anything else may differ. */
  | { readonly kind: 'changed'; readonly machine: Machine; readonly before: Machine };

/** The machine that a host id belongs to, and the id's number inside it. */
export interface IdOwner {
  readonly machine: Machine;
  readonly insideId: number;
}

/** Host ids next to each other that belong to one machine, and follow each other inside it as well. */
export interface IdRun extends IdMapLine {
  readonly machine: Machine;
}

/** A run of host ids that several machines claim, the one that answers first. */
export interface IdOverlap {
  readonly start: number;
  readonly count: number;
  readonly machines: readonly Machine[];
}

/** A short name that several machines would have, so that none has it; in order of registration. */
export interface ShortNameConflict {
  readonly shortName: string;
  readonly machines: readonly Machine[];
}

/**
 * All machines, and the indexes that lookups use, kept current with every change.
 *
 * There is no limit on their number: each needs a process of its own as its leader, and the kernel limits these.
 */
export class Registry implements Iterable<Machine> {
  readonly #entries = new Map<string, Entry>();
  readonly #byLeader = new Map<number, Entry>();
  readonly #byUnit = new Map<string, Entry>();
  readonly #byShortName: ShortNames<Entry> = new ShortNames();
  readonly #users: IdIndex<Entry> = new IdIndex();
  readonly #groups: IdIndex<Entry> = new IdIndex();
  readonly #events: EventQueue<RegistryEvent>;
  #rank = 0;

  /**
   * @param onListenerError gets what a listener threw, once all listeners have been told. Without it the error is
   * thrown again outside the caller's stack: it is a fault of the listener, and the change has been made.
   */
  constructor(onListenerError?: (error: unknown) => void) {
    this.#events = new EventQueue(onListenerError);
  }

  /** Number of machines, with `.host` where it is there. */
  get size(): number {
    return this.#entries.size;
  }

  /** In order of registration, with `.host` where it is there, as systemd 262's List has it. */
  *[Symbol.iterator](): IterableIterator<Machine> {
    for (const { machine } of this.#entries.values()) yield machine;
  }

  /** The machine of exactly this name. */
  get(name: string): Machine | undefined {
    return this.#entries.get(name)?.machine;
  }

  /**
   * A machine as it is now, for who knew it some time ago.
   * @throws MachineError `no-such-machine` when it has gone, whatever has its name by now
   */
  current(machine: Machine): Machine {
    const now = this.get(machine.name);
    if (now !== undefined && isSameRegistration(now, machine)) return now;
    throw new MachineError('no-such-machine', `machine ${machine.name} has gone`);
  }

  /** The machine whose leader has this PID. Never `.host`: systemd 262 does not find it by PID 1 either. */
  byLeader(pid: number): Machine | undefined {
    return this.#byLeader.get(pid)?.machine;
  }

  /**
   * The machine that has this systemd unit to itself (see `ownUnit`). One that shares its unit with others is not found
   * by it (systemd 262, too).
   */
  byUnit(unit: string): Machine | undefined {
    return this.#byUnit.get(unit)?.machine;
  }

  /** The container that a short name stands for in names of users and groups (short-name.ts). */
  byShortName(name: string): Machine | undefined {
    return this.#byShortName.find(name)?.machine;
  }

  /**
   * What stands for a container in names of users and groups for which its own name leaves no room. Undefined where it
   * always leaves enough, and where another container would have the same.
   */
  shortNameOf({ name }: Machine): string | undefined {
    const entry = this.#entries.get(name);
    if (entry?.shortName === undefined) return undefined;
    return this.#byShortName.find(entry.shortName) === entry ? entry.shortName : undefined;
  }

  /** Short names that several containers would have. */
  *shortNameConflicts(): IterableIterator<ShortNameConflict> {
    for (const [name, owners] of this.#byShortName.conflicts()) {
      const machines = owners.toSorted((a, b) => a.rank - b.rank).map(({ machine }) => machine);
      yield { shortName: name, machines };
    }
  }

  /** The machine that a host uid belongs to, if it belongs to one and is not among the host's own (below 65536). */
  userOwner(uid: number): IdOwner | undefined {
    return ownerOf(this.#users.lookup(uid), uid);
  }

  /** The same for a host gid. */
  groupOwner(gid: number): IdOwner | undefined {
    return ownerOf(this.#groups.lookup(gid), gid);
  }

  /** All uids around one that belong to the same machine as it, by the same line of its map. */
  userRun(uid: number): IdRun | undefined {
    return runOf(this.#users.segment(uid));
  }

  /** The same for host gids. */
  groupRun(gid: number): IdRun | undefined {
    return runOf(this.#groups.segment(gid));
  }

  /** Host uids that several machines claim; with a machine's name, those that it claims. Lazily: there may be many. */
  userOverlaps(name?: MachineName): IterableIterator<IdOverlap> {
    return overlapsOf(this.#users, name, this.#entries);
  }

  /** The same for host gids. */
  groupOverlaps(name?: MachineName): IterableIterator<IdOverlap> {
    return overlapsOf(this.#groups, name, this.#entries);
  }

  /**
   * @throws MachineError `machine-exists`: the name, the leader (`parameter` is then `leader`) or the unit is taken.
   */
  add(machine: Machine): void {
    this.refuseTaken(machine);
    const short = namedDigits(machine.name) < 10 ? shortName(machine.name) : undefined;
    const entry: Entry = { machine, rank: this.#rank++, shortName: short };
    this.#entries.set(machine.name, entry);
    this.#link(entry);
    this.#users.add(entry, entry.rank, claimable(machine, machine.facts.uidMap));
    this.#groups.add(entry, entry.rank, claimable(machine, machine.facts.gidMap));
    this.#events.publish({ kind: 'added', machine });
  }

  /**
   * Does nothing when a machine can be added now.
   * @throws MachineError as `add` does otherwise
   */
  refuseTaken(machine: Machine): void {
    if (this.#entries.has(machine.name)) {
      throw new MachineError('machine-exists', `there is a machine ${machine.name} already`);
    }
    this.#refuseTaken(machine, undefined);
  }

  /** @throws MachineError `no-such-machine`, and `not-supported` for `.host`, which stays. */
  remove(name: MachineName): Machine {
    const entry = this.#entry(name);
    if (name === hostMachineName) throw new MachineError('not-supported', 'the host cannot be removed');
    this.#entries.delete(name);
    this.#unlink(entry);
    this.#users.remove(entry);
    this.#groups.remove(entry);
    this.#events.publish({ kind: 'removed', machine: entry.machine });
    return entry.machine;
  }

  /**
   * Puts what `change` makes of a machine in its place. The machine itself, returned again, is no change.
   * @throws MachineError `no-such-machine`, or `machine-exists` as `add` does; nothing has changed then.
   */
  update(name: MachineName, change: (machine: Machine) => Machine): Machine {
    const entry = this.#entry(name);
    const before = entry.machine;
    const machine = change(before);
    if (machine === before) return before;
    if (machine.name !== name) throw new Error(`machine ${name} cannot be renamed to ${machine.name}`);
    if (this.#entries.get(name) !== entry || entry.machine !== before) throw new Error('changed while being changed');
    this.#refuseTaken(machine, entry);
    this.#unlink(entry);
    entry.machine = machine;
    this.#link(entry);
    reclaim(this.#users, entry, before.facts.uidMap, machine.facts.uidMap, before);
    reclaim(this.#groups, entry, before.facts.gidMap, machine.facts.gidMap, before);
    this.#events.publish({ kind: 'changed', machine, before });
    return machine;
  }

  /**
   * Tells every change from now on, in order, each after it was made. A change that a listener makes is told after the
   * present one. Returns what ends it.
   */
  subscribe(listener: (event: RegistryEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  #entry(name: MachineName): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new MachineError('no-such-machine', `there is no machine ${name}`);
    return entry;
  }

  #refuseTaken(machine: Machine, self: Entry | undefined): void {
    const { leader } = machine;
    const leads = machine.class === 'host' ? undefined : this.#byLeader.get(leader.pid);
    if (leads !== undefined && leads !== self) {
      const message = `process ${leader.pid} is the leader of machine ${leads.machine.name} already`;
      throw new MachineError('machine-exists', message, 'leader');
    }
    const unit = ownUnit(machine);
    const has = unit === undefined ? undefined : this.#byUnit.get(unit);
    if (has !== undefined && has !== self) {
      throw new MachineError('machine-exists', `unit ${unit} is that of machine ${has.machine.name} already`, 'unit');
    }
  }

  #link(entry: Entry): void {
    if (entry.machine.class === 'host') return;
    this.#byLeader.set(entry.machine.leader.pid, entry);
    const unit = ownUnit(entry.machine);
    if (unit !== undefined) this.#byUnit.set(unit, entry);
    const { shortName: short } = entry;
    if (short !== undefined && entry.machine.class === 'container') this.#byShortName.add(short, entry);
  }

  #unlink(entry: Entry): void {
    if (entry.machine.class === 'host') return;
    this.#byLeader.delete(entry.machine.leader.pid);
    const unit = ownUnit(entry.machine);
    if (unit !== undefined) this.#byUnit.delete(unit);
    if (entry.shortName !== undefined) this.#byShortName.remove(entry.shortName, entry);
  }
}

/** What the indexes hold: one object for a machine's whole life, whatever the machine becomes. */
interface Entry {
  machine: Machine;
  /** Rises with each registration. */
  readonly rank: number;
  /** Absent where the machine's name always leaves room for any number. */
  readonly shortName: string | undefined;
}

/**
 * Containers with a user namespace of their own have ids; others have the host's (systemd 262: class container only).
 */
function claimable(machine: Machine, map: IdMap): ReturnType<typeof foreignLines> {
  return machine.class === 'container' && !machine.facts.sharesHostUsers ? foreignLines(map) : [];
}

function reclaim(index: IdIndex<Entry>, entry: Entry, was: IdMap, is: IdMap, before: Machine): void {
  const { machine } = entry;
  const sameKind = machine.class === before.class && machine.facts.sharesHostUsers === before.facts.sharesHostUsers;
  if (was === is && sameKind) return;
  index.remove(entry);
  index.add(entry, entry.rank, claimable(machine, is));
}

function ownerOf(claim: Owned<Entry> | undefined, id: number): IdOwner | undefined {
  return claim && { machine: claim.owner.machine, insideId: id - claim.outside + claim.inside };
}

function runOf(segment: Segment<Entry> | undefined): IdRun | undefined {
  return segment && { ...segment.line, machine: segment.owner.machine };
}

function* overlapsOf(
  index: IdIndex<Entry>,
  name: MachineName | undefined,
  entries: ReadonlyMap<string, Entry>,
): IterableIterator<IdOverlap> {
  const entry = name === undefined ? undefined : entries.get(name);
  if (name !== undefined && entry === undefined) return;
  for (const { start, count, owners } of index.overlaps(entry)) {
    yield { start, count, machines: owners.map(({ machine }) => machine) };
  }
}
