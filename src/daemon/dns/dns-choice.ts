import { DNS_PORT, type Endpoint } from '../../frontends/dns/endpoint.ts';
import { parseAddress } from '../../machine/address-text.ts';
import { isMachineName } from '../../machine/machine-name.ts';

/** How the daemon answers over DNS. */
export interface DnsChoice {
  /** Where, at least one. */
  readonly listen: readonly Endpoint[];
  /** In lower case, without a dot at its end. */
  readonly domain: string;
  /** Seconds. */
  readonly ttl: number;
  /** Whether class, service and system of machines are told. */
  readonly text: boolean;
  /** Who is asked for what is none of ours: servers, or those of /etc/resolv.conf. Absent: nobody. */
  readonly forward?: readonly Endpoint[] | 'resolv.conf';
  /** Whether a machine sees only those that are on a link with it. */
  readonly view: boolean;
}

/** What was asked for, as text. */
export interface DnsRequest {
  readonly dns: readonly string[];
  readonly domain?: string;
  readonly ttl?: string;
  readonly forward: readonly string[];
  readonly text: boolean;
  readonly view: boolean;
}

export const DEFAULT_DOMAIN = 'machine.internal';

/** Undefined where nothing was asked for. Throws an Error that names the option and what is wrong with it. */
export function chooseDns({ dns, domain, ttl, forward, text, view }: DnsRequest): DnsChoice | undefined {
  if (dns.length === 0) {
    const given = { '--domain': domain, '--dns-ttl': ttl, '--forward': forward[0], '--dns-txt': text, '--view': view };
    const [useless] = Object.entries(given).find(([, value]) => value) ?? [];
    if (useless !== undefined) throw new Error(`${useless} says nothing without --dns=`);
    return undefined;
  }
  const servers = parseForward(forward);
  const listen = dns.map((one) => {
    const endpoint = parseEndpoint(one);
    if (endpoint === undefined) throw new Error(`--dns= takes ADDRESS:PORT, not '${one}'`);
    return endpoint;
  });
  return {
    listen,
    domain: parseDomain(domain ?? DEFAULT_DOMAIN),
    ttl: parseTtl(ttl ?? '0'),
    text,
    ...(servers && { forward: servers }),
    view,
  };
}

/**
 * The domain that machines are below. Throws an Error for what is none, or leaves no room for a machine's name before
 * it.
 */
export function parseDomain(text: string): string {
  const domain = text.replace(/\.$/, '').toLowerCase();
  const labels = domain.split('.');
  if (labels.every((label) => isMachineName(label) && label.length <= 63) && domain.length <= LONGEST_DOMAIN) {
    return domain;
  }
  throw new Error(`--domain= takes a domain of up to ${LONGEST_DOMAIN} characters, not '${text}'`);
}

/** `127.0.0.1:53`, `[::1]:53`, `[fe80::1%eth0]:53`; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, v6, v4, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = v6 ?? v4 ?? '';
  const port = Number(digits);
  const bytes = addressOf(address)?.length;
  return bytes === (v6 === undefined ? 4 : 16) && port > 0 && port < 0x10000 ? { address, port } : undefined;
}

/** The bytes of an address that may have the name of its interface at its end. */
function addressOf(text: string): Uint8Array | undefined {
  const [, address = '', zone] = /^([^%]*)(%[^%/\s]{1,15})?$/.exec(text) ?? [];
  const bytes = parseAddress(address);
  return zone === undefined || bytes?.length === 16 ? bytes : undefined;
}

function parseForward(texts: readonly string[]): DnsChoice['forward'] {
  if (texts.length === 0) return undefined;
  if (texts.includes('resolv.conf')) {
    if (texts.length > 1) throw new Error('--forward=resolv.conf says it all: no other server can be given');
    return 'resolv.conf';
  }
  return texts.map((text) => {
    const endpoint = addressOf(text) === undefined ? parseEndpoint(text) : { address: text, port: DNS_PORT };
    if (endpoint === undefined) throw new Error(`--forward= takes ADDRESS, ADDRESS:PORT or resolv.conf, not '${text}'`);
    return endpoint;
  });
}

function parseTtl(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= LONGEST_TTL) return seconds;
  throw new Error(`--dns-ttl= takes seconds from 0 to ${LONGEST_TTL}, not '${text}'`);
}

/** 253 (RFC 1035 2.3.4), less a machine's name and a dot. */
const LONGEST_DOMAIN = 188;
/** A day: machines come and go. */
const LONGEST_TTL = 86_400;
