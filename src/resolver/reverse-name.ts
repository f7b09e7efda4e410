/** The name under which the DNS has the names of an address, without a dot at its end (RFC 1035 3.5, RFC 3596 2.5). */
export function reverseName(bytes: Uint8Array): string {
  const parts = [...bytes].reverse();
  if (bytes.length === 4) return `${parts.join('.')}.in-addr.arpa`;
  return `${parts.map((byte) => `${(byte & 15).toString(16)}.${(byte >> 4).toString(16)}`).join('.')}.ip6.arpa`;
}

/**
 * The address that a name stands for in reverse, 4 or 16 bytes; undefined for every other name, those of whole networks
 * and those with leading zeros included. Case and one dot at the end do not matter.
 */
export function reverseAddress(name: string): Uint8Array | undefined {
  const [, v4] = inAddrArpa.exec(name) ?? [];
  if (v4 !== undefined) {
    const numbers = v4.split('.').map(Number).reverse();
    return numbers.every((number) => number < 256) ? Uint8Array.from(numbers) : undefined;
  }
  const [, v6] = ip6Arpa.exec(name) ?? [];
  return v6 === undefined ? undefined : Uint8Array.from(Buffer.from(v6.split('.').reverse().join(''), 'hex'));
}

const inAddrArpa = /^((?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3})\.in-addr\.arpa\.?$/i;
const ip6Arpa = /^([0-9a-f](?:\.[0-9a-f]){31})\.ip6\.arpa\.?$/i;
