import { type Address, addressLimits, type GuestAddressSource, guestAddress } from '../../machine/address.ts';
import type { Lease } from './lease.ts';

/** The addresses of one VM, as they come together: those that are told first come first. */
export class GuestAddressList {
  readonly addresses: Address[] = [];
  /** When the first lease ends that does, in milliseconds since 1970. */
  nextExpiry: number = Number.POSITIVE_INFINITY;
  readonly #now: number;

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#now = now;
  }

  /** Left out where there are {@link addressLimits} of them already. */
  add(address: Address): void {
    if (this.addresses.length < addressLimits.guest) this.addresses.push(address);
  }

  /** Left out where the lease is over. */
  addLease({ bytes, prefixLength, expiresAt }: Lease, source: GuestAddressSource, hostInterfaceIndex?: number): void {
    if (expiresAt !== undefined) {
      if (expiresAt <= this.#now) return;
      this.nextExpiry = Math.min(this.nextExpiry, expiresAt);
    }
    this.add(
      guestAddress(bytes, source, {
        ...(prefixLength !== undefined && { prefixLength }),
        ...(hostInterfaceIndex !== undefined && { hostInterfaceIndex }),
      }),
    );
  }
}

/** Whether nothing that is told of a VM's addresses differs. */
export function sameAddresses(a: readonly Address[], b: readonly Address[]): boolean {
  return a.length === b.length && a.every((address, index) => sameAddress(address, b[index] as Address));
}

function sameAddress(a: Address, b: Address): boolean {
  return (
    a.source === b.source &&
    a.prefixLength === b.prefixLength &&
    a.hostInterfaceIndex === b.hostInterfaceIndex &&
    Buffer.compare(a.bytes, b.bytes) === 0
  );
}
