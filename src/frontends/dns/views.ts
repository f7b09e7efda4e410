import { type Address, isAmong } from '../../machine/address.ts';
import { isSameRegistration, type Machine } from '../../machine/machine.ts';
import type { Registry, RegistryEvent } from '../../machine/registry.ts';
import { AddressIndex } from '../../resolver/address-index.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import type { View } from './zone.ts';

/** What views are made of. */
export interface ViewOptions {
  readonly registry: Registry;
  readonly names: Pick<HostNames, 'reverse'>;
  readonly hostAddresses: () => readonly Address[];
  /** The bridge that an interface of the host is in, both by their index. */
  readonly bridgeOf: (index: number) => number | undefined;
}

/**
 * Who sees what: a machine, known by any address of its own, sees itself and those that are on a link with it, at the
 * addresses that they have there. The host sees all, and so does whoever is no machine.
 *
 * A link is an interface of the host that leads to both of them: a bridge, or the interface that theirs are on top of.
 * The kernel says where a machine's interfaces lead. What it was registered with counts only where the kernel does not
 * know (a VM's tap): any user may register a machine.
 */
export class Views {
  readonly #options: ViewOptions;
  readonly #known = new Map<string, View | undefined>();
  /** By every address that the kernel has of a machine, also those that are not given out, as of scope link. */
  readonly #byAddress: AddressIndex<Asker> = new AddressIndex();
  readonly #byMachine = new Map<string, Asker>();
  readonly #unsubscribe: () => void;
  #rank = 0;

  constructor(options: ViewOptions) {
    this.#options = options;
    for (const machine of options.registry) this.#add(machine);
    this.#unsubscribe = options.registry.subscribe((event) => this.#follow(event));
  }

  /** Follows the registry no longer. */
  close(): void {
    this.#unsubscribe();
  }

  /** To be told of each change of machines, addresses or bridges. */
  changed(): void {
    this.#known.clear();
  }

  /** @param asker 4 or 16 bytes */
  of(asker: Uint8Array): View | undefined {
    const key = asker.join();
    if (this.#known.has(key)) return this.#known.get(key);
    const machines = this.#machines(asker);
    const view = machines.length === 0 ? undefined : this.#view(machines);
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(key, view);
    return view;
  }

  #machines(asker: Uint8Array): readonly Machine[] {
    const { registry, names, hostAddresses } = this.#options;
    // 127.0.0.0/8 is whole on every host.
    if ((asker.length === 4 && asker[0] === 127) || isAmong(asker, hostAddresses())) return [];
    const found = names.reverse(asker).flatMap((name) => registry.get(name) ?? []);
    return found.length > 0 ? found : this.#byAddress.owners(asker).map(({ machine }) => machine);
  }

  #follow({ kind, machine }: RegistryEvent): void {
    const asker = this.#byMachine.get(machine.name);
    if (kind === 'added') this.#add(machine);
    else if (asker !== undefined) {
      const addresses = kind === 'changed' ? ownAddresses(machine) : none;
      if (addresses !== asker.addresses) {
        this.#byAddress.remove(asker, asker.addresses);
        this.#byAddress.add(asker, addresses);
      }
      asker.machine = machine;
      asker.addresses = addresses;
      if (kind === 'removed') this.#byMachine.delete(machine.name);
    }
    // Host names tell nothing of a machine that nobody can ask for, and it asks all the same.
    this.#known.clear();
  }

  #add(machine: Machine): void {
    const asker: Asker = { machine, rank: this.#rank++, addresses: ownAddresses(machine) };
    this.#byMachine.set(machine.name, asker);
    this.#byAddress.add(asker, asker.addresses);
  }

  #view(machines: readonly Machine[]): View {
    const links = new Set(machines.flatMap((machine) => this.#links(machine)));
    return {
      addresses: (machine, addresses) => {
        if (machines.some((own) => isSameRegistration(own, machine))) return addresses;
        const near = addresses.filter(({ hostInterfaceIndex }) => this.#around(hostInterfaceIndex).some(has));
        if (near.length > 0) return near;
        const known = machine.facts.addresses.some(({ hostInterfaceIndex }) => hostInterfaceIndex !== undefined);
        return !known && this.#links(machine).some(has) ? addresses : undefined;
      },
    };
    function has(link: number): boolean {
      return links.has(link);
    }
  }

  #links({ facts, interfaces }: Machine): readonly number[] {
    const told = facts.addresses.flatMap(({ hostInterfaceIndex }) => this.#around(hostInterfaceIndex));
    return told.length > 0 ? told : interfaces.flatMap((index) => this.#around(index));
  }

  #around(index: number | undefined): readonly number[] {
    if (index === undefined) return [];
    const bridge = this.#options.bridgeOf(index);
    return bridge === undefined ? [index] : [index, bridge];
  }
}

/** What the index holds: one object for a machine's whole life. */
interface Asker {
  machine: Machine;
  /** Rises with each registration. */
  readonly rank: number;
  addresses: readonly Address[];
}

/** What is seen of those that are in the host's network are the host's addresses. */
function ownAddresses({ class: machineClass, facts }: Machine): readonly Address[] {
  return machineClass !== 'host' && !facts.sharesHostNetwork ? facts.addresses : none;
}

const none: readonly Address[] = [];

const MOST = 1024;
