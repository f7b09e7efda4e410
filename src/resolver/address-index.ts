import type { Address } from '../machine/address.ts';

/** Which machines an address belongs to, each with a rank of its own. Lookups take the same time however many there are. */
export class AddressIndex<Owner extends { readonly rank: number }> {
  /** Rarely more than one owner each, so that lists are short; by rank. */
  readonly #owners = new Map<string, Owner[]>();

  /** Its owners, the lowest rank first; good until the next change. */
  owners(bytes: Uint8Array): readonly Owner[] {
    return this.#owners.get(keyOf(bytes)) ?? [];
  }

  /** Every address that has an owner, once. */
  *addresses(): Generator<Uint8Array> {
    for (const key of this.#owners.keys()) yield Buffer.from(key, 'latin1');
  }

  /** Makes addresses an owner's; those that any host has (see `isEverybodys`) are nobody's. */
  add(owner: Owner, addresses: readonly Address[]): void {
    for (const { bytes } of addresses) {
      if (isEverybodys(bytes)) continue;
      const key = keyOf(bytes);
      const owners = this.#owners.get(key);
      if (owners === undefined) {
        this.#owners.set(key, [owner]);
        continue;
      }
      // Mostly behind all others. Anybody can give the same address to as many containers as he has.
      const before = owners.findLastIndex(({ rank }) => rank <= owner.rank);
      if (owners[before] !== owner) owners.splice(before + 1, 0, owner);
    }
  }

  /** Takes them from it again. */
  remove(owner: Owner, addresses: readonly Address[]): void {
    for (const { bytes } of addresses) {
      const key = keyOf(bytes);
      const others = this.#owners.get(key)?.filter((other) => other !== owner) ?? [];
      if (others.length > 0) this.#owners.set(key, others);
      else this.#owners.delete(key);
    }
  }
}

/**
 * Whether an address means every host, none, or several: this host (0.0.0.0/8), loopback, multicast and above
 * (RFC 6890), IPv4 in IPv6, `::` and `::1`. The root of a container may give itself any of them, and with it the name
 * that others see for it.
 */
export function isEverybodys(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  if (bytes.length === 4) return first === 0 || first === 127 || first >= 224;
  return first === 0xff || bytes.subarray(0, 10).every((byte) => byte === 0);
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
