import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { nameServers } from '../frontends/dns/resolv-conf.ts';
import { addressText, parseAddress } from '../machine/address-text.ts';
import type { LookupFact } from './resolved.ts';

/** Whom programs ask that ask the DNS themselves, as dig(1), those of musl and those of Go do. */
export interface DnsFacts {
  /** The servers of /etc/resolv.conf; undefined where there is no such file, which stands for this host. */
  readonly servers: readonly string[] | undefined;
  /** Whether the first of them is on this host. */
  readonly ownServer: boolean;
  /** What that one told of a machine, where there is one to ask it for. */
  readonly lookup: LookupFact | undefined;
}

/** Milliseconds; a server on this host. */
const PATIENCE = 3000;

/** Reads whom programs ask, and asks for a machine there. Nothing is sent to other hosts. */
export async function lookAtDns(resolvConf: string | undefined, name: string | undefined): Promise<DnsFacts> {
  if (resolvConf === undefined) return { servers: undefined, ownServer: false, lookup: undefined };
  const servers = nameServers(resolvConf).map(({ address }) => address);
  const [first] = servers;
  if (first === undefined || !isOwn(first)) return { servers, ownServer: false, lookup: undefined };
  return { servers, ownServer: true, lookup: name === undefined ? undefined : await askFor(first, name) };
}

/** Whether an address is one of this host's: all of 127.0.0.0/8 are (RFC 1122 3.2.1.3). */
function isOwn(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return address.startsWith('127.') || own.some((one) => one.address === canonical(address));
}

async function askFor(server: string, name: string): Promise<LookupFact> {
  const resolver = new Resolver({ timeout: PATIENCE, tries: 1 });
  resolver.setServers([server.includes(':') ? `[${server}]` : server]);
  const outcomes = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  if (addresses.length > 0) return { kind: 'found', name, addresses: addresses.map(canonical) };
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
  return { kind: 'failed', name, reason: failures[0]?.message ?? 'no address' };
}

function canonical(address: string): string {
  const bytes = parseAddress(address);
  return bytes === undefined ? address : addressText(bytes);
}
