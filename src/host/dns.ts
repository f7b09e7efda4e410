import { Resolver } from 'node:dns/promises';
import { nameServers } from '../frontends/dns/resolv-conf.ts';
import { addressText, parseAddress } from '../machine/address-text.ts';
import type { LookupFact } from './resolved.ts';

/** Whom programs ask that ask the DNS themselves, as dig(1), those of musl and those of Go do. */
export interface DnsFacts {
  /** The servers of /etc/resolv.conf; undefined where there is no such file, which stands for this host. */
  readonly servers: readonly string[] | undefined;
  /** What the first of them told of a machine, where that one is on this host. */
  readonly lookup: LookupFact | undefined;
}

/** Milliseconds; a server on this host. */
const PATIENCE = 3000;

/** Reads whom programs ask, and asks for a machine there. Nothing is sent to other hosts. */
export async function lookAtDns(resolvConf: string | undefined, name: string | undefined): Promise<DnsFacts> {
  if (resolvConf === undefined) return { servers: undefined, lookup: undefined };
  const servers = nameServers(resolvConf).map(({ address }) => address);
  const [first] = servers;
  const ask = first !== undefined && name !== undefined && isLoopback(first);
  return { servers, lookup: ask ? await askFor(first, name) : undefined };
}

/** Whether an address is one of this host by itself (RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
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
