import { expiryOf, type Lease, leasedAddress, type Parsed, parseEntries, quoted } from './lease.ts';
import { type LinkAddress, linkAddressOf, parseLinkAddress } from './link-address.ts';

/**
 * The leases in a file of dnsmasq(8) (--dhcp-leasefile): lines of expiry, link-layer address, address, host name and
 * client id; after a line `duid …` the same for DHCPv6, with an association's id and the client's DUID. A last line
 * without an end is being written, and left out.
 */
export function parseDnsmasqLeases(text: string): Parsed<Lease> {
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  let sixth = false;
  return parseEntries(lines, (line): Lease | undefined => {
    if (line === '') return undefined;
    const fields = line.split(' ');
    if (fields[0] === 'duid') {
      sixth = true;
      return undefined;
    }
    const [expiry = '', owner = '', address = '', , client = ''] = fields;
    if (fields.length !== 5) throw new SyntaxError(`${quoted(line)} has ${fields.length} fields, not 5`);
    const bytes = leasedAddress(address);
    if ((bytes.length === 16) !== sixth) throw new SyntaxError(`${quoted(address)} is of the other family`);
    if (!/^\d{1,15}$/.test(expiry)) throw new SyntaxError(`${quoted(expiry)} is no time`);
    const linkAddress = sixth ? ofDuid(client) : ofHardware(owner);
    return { bytes, ...(linkAddress && { linkAddress }), ...expiryOf(Number(expiry)) };
  });
}

/** `HH:HH:…`, with `TT-` before it for other links than Ethernet, of which there is no use here. */
function ofHardware(text: string): LinkAddress | undefined {
  const linkAddress = parseLinkAddress(text);
  if (linkAddress === undefined && !/^(?:[\da-f]{2}-)?(?:[\da-f]{2}:)*[\da-f]{2}$|^\*$/i.test(text)) {
    throw new SyntaxError(`${quoted(text)} is no link-layer address`);
  }
  return linkAddress;
}

/** The link-layer address in a DUID-LLT or DUID-LL of an Ethernet interface (RFC 8415 11.2, 11.4). */
function ofDuid(text: string): LinkAddress | undefined {
  if (text === '*') return undefined;
  if (!/^[\da-f]{2}(?::[\da-f]{2}){1,129}$/i.test(text)) throw new SyntaxError(`${quoted(text)} is no DUID`);
  const [, type, , hardware, ...rest] = text.split(':').map((digits) => Number.parseInt(digits, 16));
  if (hardware !== 1) return undefined;
  if (type === 1) return linkAddressOf(rest.slice(4));
  return type === 3 ? linkAddressOf(rest) : undefined;
}
