import { Address6 } from 'ip-address';
import { isLinkLocal } from './address.ts';

/**
 * An address as people write it: RFC 5952 for IPv6, as inet_ntop(3) does it. Takes 2 us; `ip-address` takes 25,
 * which 4096 addresses of one machine make a tenth of a second in which nobody else is answered.
 * @param bytes 4 or 16, in network order
 */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  const [start, length] = longestZeros(groups);
  // IPv4 in IPv6 (RFC 4291 2.5.5): the last four bytes as those of IPv4. inet_ntop(3) has it for ::a.b.c.d, too.
  const mapped = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  if (mapped) return `::${length === 5 ? 'ffff:' : ''}${bytes.subarray(12).join('.')}`;
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Where the longest run of zeros begins, the first of several, and how long it is. */
function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let [start, length] = [0, 0];
  for (let first = 0; first < groups.length; first++) {
    let end = first;
    while (groups[end] === 0) end++;
    if (end - first > length) [start, length] = [first, end - first];
    first = end;
  }
  return [start, length];
}

/**
 * The bytes of an address as text, 4 or 16: four decimal numbers without leading zeros (RFC 6943 3.1.1), or RFC 4291
 * 2.2. Undefined for anything else, as a zone, a prefix length or brackets.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  const decimals = IPV4.exec(text);
  if (decimals !== null) return Uint8Array.from(decimals.slice(1), Number);
  if (!IPV6.test(text) || !Address6.isValid(text)) return undefined;
  return Uint8Array.from(new Address6(text).toByteArray());
}

const DECIMAL = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${[DECIMAL, DECIMAL, DECIMAL, DECIMAL].join('\\.')}$`);
const IPV6 = /^(?=.*:)[\da-fA-F:.]{2,45}$/;

/**
 * Whether a text is an IPv6 address of one link only (fe80::/10), which leads nowhere without the interface that it is on
 * (RFC 4007 11).
 */
export function needsInterface(text: string): boolean {
  const bytes = parseAddress(text);
  return bytes?.length === 16 && isLinkLocal(bytes);
}
