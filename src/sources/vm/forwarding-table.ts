import type { LinkAddress } from './link-address.ts';

/**
 * Which link-layer addresses are behind which ports of a bridge, of those ports that matter.
 *
 * A bridge forgets who has been silent for some minutes, long before the host forgets that neighbour. So the last ones
 * are kept until they are seen at another port, or the port is no more.
 */
export class ForwardingTable {
  readonly #ports = new Map<number, Set<LinkAddress>>();
  readonly #port = new Map<LinkAddress, number>();

  addPort(port: number): void {
    if (!this.#ports.has(port)) this.#ports.set(port, new Set());
  }

  removePort(port: number): void {
    for (const linkAddress of this.#ports.get(port) ?? []) this.#port.delete(linkAddress);
    this.#ports.delete(port);
  }

  /** Whether any port matters. */
  get empty(): boolean {
    return this.#ports.size === 0;
  }

  /**
   * An address was seen at a port, which may be one that does not matter. Gives the ports that something changed for.
   */
  learn(linkAddress: LinkAddress, port: number): readonly number[] {
    const before = this.#port.get(linkAddress);
    const addresses = this.#ports.get(port);
    if (before === port) {
      // The last one seen is forgotten last.
      addresses?.delete(linkAddress);
      addresses?.add(linkAddress);
      return [];
    }
    const changed: number[] = [];
    if (before !== undefined) {
      this.#ports.get(before)?.delete(linkAddress);
      this.#port.delete(linkAddress);
      changed.push(before);
    }
    if (addresses !== undefined) {
      addresses.add(linkAddress);
      this.#port.set(linkAddress, port);
      if (addresses.size > LIMIT) this.#forgetFirst(addresses);
      changed.push(port);
    }
    return changed;
  }

  portOf(linkAddress: LinkAddress): number | undefined {
    return this.#port.get(linkAddress);
  }

  /** Those behind a port. */
  at(port: number): ReadonlySet<LinkAddress> {
    return this.#ports.get(port) ?? NONE;
  }

  #forgetFirst(addresses: Set<LinkAddress>): void {
    const [first] = addresses;
    if (first === undefined) return;
    addresses.delete(first);
    this.#port.delete(first);
  }
}

const NONE: ReadonlySet<LinkAddress> = new Set();
// Of one port. A guest can send from any number of addresses; it loses its own by that, and nobody else's.
const LIMIT = 256;
