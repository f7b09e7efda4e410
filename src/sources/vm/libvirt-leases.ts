import {
  expiryOf,
  jsonArray,
  jsonObject,
  type Lease,
  leasedAddress,
  type Parsed,
  parseEntries,
  quoted,
} from './lease.ts';
import { type LinkAddress, parseLinkAddress } from './link-address.ts';

/**
 * Where libvirt keeps what its networks' dnsmasq gave out: `BRIDGE.status` has the leases, `BRIDGE.macs` which domain
 * has which link-layer addresses.
 */
export const libvirtDirectory = '/var/lib/libvirt/dnsmasq';

/** The link-layer addresses of a domain, which is what libvirt calls a VM. */
export interface DomainLinkAddresses {
  readonly domain: string;
  readonly linkAddresses: readonly LinkAddress[];
}

/**
 * The leases in a file `BRIDGE.status` of libvirt 9: an array of objects with `ip-address`, `mac-address` and
 * `expiry-time`, among others.
 * @throws SyntaxError when it is no such file at all
 */
export function parseLibvirtStatus(text: string): Parsed<Lease> {
  return parseEntries(arrayIn(text), (entry): Lease => {
    const fields = jsonObject(entry);
    const bytes = leasedAddress(fields['ip-address']);
    const linkAddress = fields['mac-address'] === undefined ? undefined : macOf(fields['mac-address']);
    const expiry = fields['expiry-time'] === undefined ? {} : expiryOf(fields['expiry-time']);
    return { bytes, ...(linkAddress && { linkAddress }), ...expiry };
  });
}

/**
 * The domains in a file `BRIDGE.macs`: an array of objects with `domain` and `macs`.
 * @throws SyntaxError when it is no such file at all
 */
export function parseLibvirtMacs(text: string): Parsed<DomainLinkAddresses> {
  return parseEntries(arrayIn(text), (entry): DomainLinkAddresses => {
    const { domain, macs } = jsonObject(entry);
    if (typeof domain !== 'string' || domain === '') throw new SyntaxError(`${quoted(domain)} is no domain`);
    if (!Array.isArray(macs)) throw new SyntaxError(`domain ${quoted(domain)} has no array of addresses`);
    return { domain, linkAddresses: macs.map(macOf) };
  });
}

/**
 * Whether a machine's name is one that libvirt gives a domain: `qemu-N-NAME`, for a user's own `qemu-USER-N-NAME`; or
 * the domain's own. libvirt leaves out of NAME what is no part of a host name, and cuts the whole at 64 characters.
 */
export function isNamedAfter(machine: string, domain: string): boolean {
  if (machine === domain) return true;
  const [, name] = /^qemu-(?:.*?-)??\d+-(.+)$/.exec(machine) ?? [];
  if (name === undefined) return false;
  const valid = hostNamePart(domain);
  return name === valid || (machine.length === 64 && valid.startsWith(name));
}

/**
 * What is no character of a host name is dropped; of dots and hyphens side by side, and at either end, no more is left.
 */
function hostNamePart(domain: string): string {
  let part = '';
  let atSeparator = true;
  for (const character of domain) {
    const separator = character === '.' || character === '-';
    if (separator ? !atSeparator : /[A-Za-z\d]/.test(character)) part += character;
    atSeparator = separator;
  }
  return part.replace(/[.-]+$/, '');
}

/** libvirt leaves a file empty that it has nothing to write into. */
function arrayIn(text: string): readonly unknown[] {
  return text.trim() === '' ? [] : jsonArray(JSON.parse(text));
}

function macOf(text: unknown): LinkAddress {
  const linkAddress = typeof text === 'string' ? parseLinkAddress(text) : undefined;
  if (linkAddress === undefined) throw new SyntaxError(`${quoted(text)} is no Ethernet address of a host`);
  return linkAddress;
}
