/** An Ethernet address as text: six pairs of small hexadecimal digits with colons. */
export type LinkAddress = string & { readonly linkAddress: unique symbol };

/** Undefined for what is no Ethernet address of one host: not six bytes, a group's, or all zeros. */
export function linkAddressOf(bytes: Uint8Array | readonly number[]): LinkAddress | undefined {
  const [first = 1] = bytes;
  if (bytes.length !== 6 || (first & 1) !== 0) return undefined;
  if (bytes.every((byte) => byte === 0)) return undefined;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':') as LinkAddress;
}

/** Undefined for text that is not six pairs of hexadecimal digits with colons, or that names no host. */
export function parseLinkAddress(text: string): LinkAddress | undefined {
  if (!/^[\da-f]{2}(?::[\da-f]{2}){5}$/i.test(text)) return undefined;
  return linkAddressOf(text.split(':').map((digits) => Number.parseInt(digits, 16)));
}
