import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type Address, addressLimits, addressScopes } from '../../../machine/address.ts';
import { LongestMatch } from './longest-match.ts';
import { HOST_NETWORK, type MachineNetwork, NO_NETWORK, type TrackedProcess } from './machine-network.ts';
import {
  type ConnectedRoute,
  type Inet6Entry,
  parseFibTrie,
  parseIfInet6,
  parseIgmp,
  parseRoutes,
  type TrieRoute,
} from './proc-format.ts';

/**
 * A machine's network from /proc/PID/net, which anyone may read: for when netlink cannot be used. A process that is
 * gone has none. What the files do not tell: the other end of an interface; whether an IPv4 address is deprecated; its
 * scope, beyond what the address itself says (127.0.0.0/8 host, 169.254.0.0/16 link); and its interface when it is
 * in no network that is routed to one: then there is no name, and the index is 0.
 * Throws a ProcFormatError for a file that the kernel cannot have written, a Node error for one that may not be read.
 */
export function readProcNetwork(process: TrackedProcess, procRoot = '/proc'): MachineNetwork {
  if (!process.alive()) return NO_NETWORK;
  const directory = `${procRoot}/${process.pid}/net`;
  const own = inode(`${procRoot}/self/net/dev`);
  if (own !== undefined && own === inode(`${directory}/dev`)) return process.alive() ? HOST_NETWORK : NO_NETWORK;
  const read = (name: string) => readStart(`${directory}/${name}`);
  const [trie, inet6, route, igmp] = [read('fib_trie'), read('if_inet6'), read('route'), read('igmp')];
  if (!process.alive()) return NO_NETWORK;
  const ipv6 = parseIfInet6(inet6);
  const indices = parseIgmp(igmp);
  for (const { interfaceName, interfaceIndex } of ipv6) indices.set(interfaceName, interfaceIndex);
  const ipv4 = ipv4Addresses(parseFibTrie(trie), parseRoutes(route), indices);
  return {
    sharesHostNetwork: false,
    addresses: [...ipv4.slice(0, addressLimits.addresses), ...ipv6.slice(0, addressLimits.addresses).map(ipv6Address)],
  };
}

/** Every address is a local route of length 32. Its network, if it has one, is a route too. */
function ipv4Addresses(
  trie: readonly TrieRoute[],
  routes: readonly ConnectedRoute[],
  indices: Map<string, number>,
): Address[] {
  const networks = new LongestMatch<number>();
  for (const { address, prefixLength, scope, type } of trie) {
    const connected = (scope === 'link' && type === 'UNICAST') || (scope === 'host' && type === 'LOCAL');
    if (connected && prefixLength < 32) networks.add(address, prefixLength, prefixLength);
  }
  const interfaces = new LongestMatch<string>();
  for (const { destination, prefixLength, interfaceName } of routes) {
    if (prefixLength > 0) interfaces.add(destination, prefixLength, interfaceName);
  }
  const local = trie.filter(({ type, prefixLength }) => type === 'LOCAL' && prefixLength === 32);
  // The tables for local and for other routes are one in memory, until rules make a difference, and printed twice.
  return [...new Set(local.map(({ address }) => address))].map((address) => {
    const loopback = address >>> 24 === 127;
    // In every namespace the first interface is the loopback one (LOOPBACK_IFINDEX).
    const interfaceName = loopback ? 'lo' : interfaces.find(address);
    return {
      family: 'ipv4',
      bytes: bytesOf(address),
      prefixLength: networks.find(address) ?? 32,
      interfaceIndex: loopback ? 1 : (indices.get(interfaceName ?? '') ?? 0),
      ...(interfaceName === undefined ? {} : { interfaceName }),
      scope: loopback ? host : address >>> 16 === LINK_LOCAL ? link : universe,
      tentative: false,
      deprecated: false,
    };
  });
}

function ipv6Address({ bytes, interfaceIndex, prefixLength, scope, flags, interfaceName }: Inet6Entry): Address {
  return {
    family: 'ipv6',
    bytes,
    prefixLength,
    interfaceIndex,
    interfaceName,
    scope: (scope & 0x20) !== 0 ? link : (scope & 0x10) !== 0 ? host : (scope & 0x40) !== 0 ? site : universe,
    tentative: (flags & 0x40) !== 0,
    deprecated: (flags & 0x20) !== 0,
  };
}

function bytesOf(address: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, address);
  return bytes;
}

// The files under /proc/PID/net are the namespace's own: two processes see the same inode only in the same namespace.
function inode(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/**
 * The whole lines in the first MiB; nothing where the kernel has no such file (no IPv6). A machine can make it endless.
 */
function readStart(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const buffer = Buffer.allocUnsafe(FILE_LIMIT);
    let length = 0;
    for (let count = -1; count !== 0 && length < FILE_LIMIT; length += count) {
      count = readSync(fd, buffer, length, FILE_LIMIT - length, null);
    }
    const text = buffer.toString('latin1', 0, length);
    return length < FILE_LIMIT ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  } finally {
    closeSync(fd);
  }
}

const { universe, site, link, host } = addressScopes;
// 169.254.0.0/16
const LINK_LOCAL = 0xa9fe;
const FILE_LIMIT = 1024 * 1024;
