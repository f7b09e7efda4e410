import { type Address, isAmong, isLinkLocal } from '../machine/address.ts';
import { isSameRegistration, type Machine } from '../machine/machine.ts';
import { isMachineName } from '../machine/machine-name.ts';
import type { MachineMetadata } from '../machine/operations.ts';
import type { Registry, RegistryEvent } from '../machine/registry.ts';
import { AddressIndex } from './address-index.ts';
import { givenAddresses } from './addresses.ts';
import { AliasIndex, domainName } from './alias-index.ts';

/** What a host name stands for. */
export type HostAnswer =
  /**
   * It is `name`, spelled as the machine has it; `inAnyCase` says that it is nobody else's, however it is spelled.
   * Without addresses it is there all the same: no data.
   */
  | {
      readonly kind: 'found';
      readonly machine: Machine;
      readonly name: string;
      readonly addresses: readonly Address[];
      readonly inAnyCase: boolean;
    }
  /** It is below a machine's name, as `www.web` is below `web`, and no machine's itself. */
  | { readonly kind: 'below'; readonly machine: Machine }
  | { readonly kind: 'unknown' };

/**
 * A name, in lower case, that is not, or not only, that of a machine that has a claim to it.
 *
 * - `collision`: the alias of several, and so of none.
 * - `hidden`: the alias of some, and the registered name of another.
 * - `case`: the registered name of several, which spell it differently.
 * - `long-label`: the registered name of one, which no question can carry.
 */
export interface NameConflict {
  readonly kind: 'collision' | 'hidden' | 'case' | 'long-label';
  readonly name: string;
  /** Whose it is not, or in the case of `case` not alone; in order of registration. */
  readonly machines: readonly Machine[];
  /** With `hidden`: who has it instead. */
  readonly by?: Machine;
}

/**
 * The host names of machines, both ways. Decided once for all front ends, from memory: indexes follow the registry, so
 * that a question takes the same time among one machine and ten thousand. `.host` is not among them, nor what cannot be
 * asked for in the DNS.
 */
export class HostNames {
  readonly #registry: Registry;
  readonly #metadata: Pick<MachineMetadata, 'hostAddresses'>;
  /** By name in lower case; where names differ in case only, in order of registration. */
  readonly #byName = new Map<string, readonly Entry[]>();
  readonly #byMachine = new Map<string, Entry>();
  readonly #byAlias: AliasIndex<Entry> = new AliasIndex();
  readonly #byAddress: AddressIndex<Entry> = new AddressIndex();
  /** What changed since its addresses were last chosen: a flood of changes costs nothing before somebody asks. */
  readonly #stale = new Set<Entry>();
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #rank = 0;

  constructor(registry: Registry, metadata: Pick<MachineMetadata, 'hostAddresses'>) {
    this.#registry = registry;
    this.#metadata = metadata;
    for (const machine of registry) this.#add(machine);
    this.#unsubscribe = registry.subscribe((event) => this.#follow(event));
  }

  /**
   * What a name stands for, whatever its case (RFC 4343), with or without one dot at its end. Of names that differ in
   * case only the one that is spelled like this is meant, otherwise that of the machine registered first. Where no
   * machine has the name it may be an alias (alias-index.ts).
   */
  resolve(name: string): HostAnswer {
    const plain = name.endsWith('.') ? name.slice(0, -1) : name;
    // Nothing else is in a machine's name, and there are characters that are ASCII in lower case only (U+212A).
    if (plain.length > 253 || !letters.test(plain)) return unknown;
    const lower = plain.toLowerCase();
    const found = this.#find(lower, plain);
    if (found === undefined) return this.#below(lower);
    const { entry, name: spelled, inAnyCase } = found;
    this.#settle(entry);
    return { kind: 'found', machine: entry.machine, name: spelled, addresses: entry.addresses, inAnyCase };
  }

  /**
   * The names of the machines that have an address, 4 or 16 bytes, in order of registration. None for an address that
   * cannot be a machine's alone, whatever it says: one that every host has, or that the host itself has.
   */
  reverse(bytes: Uint8Array): readonly string[] {
    this.#settleAll();
    const owners = this.#byAddress.owners(bytes);
    if (owners.length === 0 || isAmong(bytes, this.#metadata.hostAddresses())) return [];
    return owners.map(({ machine }) => machine.name);
  }

  /** Every name that is answered, once: machines' in order of registration, then aliases. */
  *names(): Iterable<string> {
    for (const { machine } of this.#byMachine.values()) yield machine.name;
    for (const [lower, name] of this.#byAlias.names()) if (!this.#byName.has(lower)) yield name;
  }

  /** Every address that `reverse` may know names for, each once. */
  addresses(): Iterable<Uint8Array> {
    this.#settleAll();
    return this.#byAddress.addresses();
  }

  /**
   * Takes note of what a machine calls itself, or that it says nothing: an alias, if it can be one.
   */
  callItself(machine: Machine, ownName: string | undefined): void {
    const entry = this.#byMachine.get(machine.name);
    if (entry === undefined || !isSameRegistration(entry.machine, machine)) return;
    const aliases = [domainName(machine.name)];
    if (ownName !== undefined && canBeOwnName(ownName)) aliases.push(ownName);
    this.#setAliases(entry, aliases);
    for (const listener of this.#listeners) listener();
  }

  /** What {@link resolve} must leave to chance, or to nobody: aliases first, each name once. */
  *conflicts(): Iterable<NameConflict> {
    for (const [name, owners] of this.#byAlias.claims()) {
      const named = this.#byName.get(name) ?? [];
      const others = owners.filter((owner) => !named.includes(owner)).sort((a, b) => a.rank - b.rank);
      const machines = others.map(({ machine }) => machine);
      const by = named[0]?.machine;
      if (by !== undefined && machines.length > 0) yield { kind: 'hidden', name, machines, by };
      else if (machines.length > 1) yield { kind: 'collision', name, machines };
    }
    for (const [name, entries] of this.#byName) {
      if (entries.length > 1) yield { kind: 'case', name, machines: entries.map(({ machine }) => machine) };
    }
    for (const machine of this.#registry) {
      if (isAskable(machine.name)) continue;
      yield { kind: 'long-label', name: machine.name.toLowerCase(), machines: [machine] };
    }
  }

  /** Tells that answers may have changed: once for each change, however many come together. Returns what ends it. */
  subscribe(listener: () => void): () => void {
    // A subscription of its own, also for a listener that has one already.
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** Follows the registry no longer. */
  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  /** What has a name, how that is spelled there, and whether no other spelling is another's. */
  #find(lower: string, plain: string): Found | undefined {
    const entries = this.#byName.get(lower);
    if (entries === undefined) {
      const [entry, name] = this.#byAlias.find(lower) ?? [];
      return entry === undefined || name === undefined ? undefined : { entry, name, inAnyCase: true };
    }
    const inAnyCase = entries.length === 1;
    const entry = (inAnyCase ? undefined : entries.find(({ machine }) => machine.name === plain)) ?? entries[0];
    return entry === undefined ? undefined : { entry, name: entry.machine.name, inAnyCase };
  }

  #below(lower: string): HostAnswer {
    for (let dot = lower.indexOf('.'); dot >= 0; dot = lower.indexOf('.', dot + 1)) {
      const parent = lower.slice(dot + 1);
      const found = this.#find(parent, parent);
      if (found !== undefined && dot > 0) return { kind: 'below', machine: found.entry.machine };
    }
    return unknown;
  }

  #follow({ kind, machine }: RegistryEvent): void {
    if (machine.class === 'host') return;
    const entry = this.#byMachine.get(machine.name);
    if (kind === 'added') this.#add(machine);
    else if (entry === undefined) return;
    else if (kind === 'removed') this.#remove(entry);
    else {
      entry.machine = machine;
      this.#stale.add(entry);
    }
    for (const listener of this.#listeners) listener();
  }

  #add(machine: Machine): void {
    if (machine.class === 'host' || !isAskable(machine.name)) return;
    const entry: Entry = { machine, rank: this.#rank++, addresses: [], aliases: [] };
    this.#byMachine.set(machine.name, entry);
    const lower = machine.name.toLowerCase();
    this.#byName.set(lower, [...(this.#byName.get(lower) ?? []), entry]);
    this.#setAliases(entry, [domainName(machine.name)]);
    this.#stale.add(entry);
  }

  #remove(entry: Entry): void {
    const { name } = entry.machine;
    this.#byMachine.delete(name);
    const lower = name.toLowerCase();
    const others = this.#byName.get(lower)?.filter((other) => other !== entry) ?? [];
    if (others.length > 0) this.#byName.set(lower, others);
    else this.#byName.delete(lower);
    this.#setAliases(entry, []);
    this.#stale.delete(entry);
    this.#byAddress.remove(entry, entry.addresses);
  }

  #setAliases(entry: Entry, aliases: readonly (string | undefined)[]): void {
    for (const alias of entry.aliases) this.#byAlias.remove(entry, alias);
    entry.aliases = aliases.filter((alias) => alias !== undefined);
    for (const alias of entry.aliases) this.#byAlias.add(entry, alias);
  }

  #settleAll(): void {
    for (const entry of this.#stale) this.#settle(entry);
  }

  #settle(entry: Entry): void {
    if (!this.#stale.delete(entry)) return;
    const before = entry.addresses;
    entry.addresses = usableAddresses(entry.machine, this.#metadata);
    if (sameBytes(before, entry.addresses)) return;
    this.#byAddress.remove(entry, before);
    this.#byAddress.add(entry, entry.addresses);
  }
}

/** What the indexes hold: one object for a machine's whole life, whatever the machine becomes. */
interface Entry {
  machine: Machine;
  /** Rises with each registration. */
  readonly rank: number;
  /** Those that are given out, the best first. */
  addresses: readonly Address[];
  aliases: readonly string[];
}

interface Found {
  readonly entry: Entry;
  readonly name: string;
  readonly inAnyCase: boolean;
}

const unknown: HostAnswer = { kind: 'unknown' };
const letters = /^[A-Za-z0-9.-]+$/;

/** Whoever is root in a container can call it what he likes: no domain, and not what every host calls itself. */
function canBeOwnName(name: string): boolean {
  return isMachineName(name) && !name.includes('.') && isAskable(name) && name.toLowerCase() !== 'localhost';
}

/** A machine's name can have a label of 64 bytes, which no question can carry (RFC 1035 2.3.4). */
function isAskable(name: string): boolean {
  return name.length < 64 || name.split('.').every((label) => label.length < 64);
}

/**
 * The addresses that go with a name. A machine that has none of its own still has its name. A link-local address of
 * IPv6 is of use only with the interface that it is on, which host names do not tell: where there is another it is left
 * out.
 */
function usableAddresses(machine: Machine, metadata: Pick<MachineMetadata, 'hostAddresses'>): readonly Address[] {
  const all = givenAddresses(machine, metadata);
  const alone = all.filter(({ family, bytes }) => family === 'ipv4' || !isLinkLocal(bytes));
  return alone.length > 0 ? alone : all;
}

function sameBytes(one: readonly Address[], other: readonly Address[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ bytes }, index) => Buffer.compare(bytes, (other[index] as Address).bytes) === 0)
  );
}
