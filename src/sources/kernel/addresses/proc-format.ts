/** A line of a file in /proc/PID/net that is not as the kernel writes it. */
export class ProcFormatError extends Error {
  constructor(file: string, line: string) {
    super(`${file}: unexpected line ${JSON.stringify(line.slice(0, 100))}`);
    this.name = 'ProcFormatError';
  }
}

/** An entry of /proc/PID/net/fib_trie: a route, for local addresses too. */
export interface TrieRoute {
  /** The destination, four bytes as one number. */
  readonly address: number;
  readonly prefixLength: number;
  readonly scope: string;
  readonly type: string;
}

/**
 * The routes of all tables in a fib_trie file, read as latin1 like all files here (fib_trie_seq_show in the kernel's
 * net/ipv4/fib_trie.c).
 */
export function parseFibTrie(text: string): TrieRoute[] {
  const routes: TrieRoute[] = [];
  let leaf: number | undefined;
  for (const line of linesOf(text)) {
    const node = /^ +(\+--|\|--) ([\d.]+)(\/\d+ \d+ \d+ \d+)?$/.exec(line);
    const route = /^ +\/(\d{1,2}) (\S+) (\S+)( tos=\d+)?$/.exec(line);
    if (/^(Main|Local|Id \d+):$/.test(line)) leaf = undefined;
    else if (node !== null) leaf = node[1] === '|--' ? ipv4Number(node[2] as string, line) : undefined;
    else if (route === null || leaf === undefined) throw new ProcFormatError('fib_trie', line);
    else {
      const [, length, scope, type] = route as unknown as [string, string, string, string];
      if (Number(length) > 32) throw new ProcFormatError('fib_trie', line);
      routes.push({ address: leaf, prefixLength: Number(length), scope, type });
    }
  }
  return routes;
}

/** An IPv6 address of /proc/PID/net/if_inet6. */
export interface Inet6Entry {
  readonly bytes: Uint8Array;
  readonly interfaceIndex: number;
  readonly prefixLength: number;
  /** IPV6_ADDR_*: 0x10 loopback, 0x20 link-local, 0x40 site-local, else global. */
  readonly scope: number;
  /** The lower eight of IFA_F_*. */
  readonly flags: number;
  readonly interfaceName: string;
}

/** The addresses in an if_inet6 file (if6_seq_show in the kernel's net/ipv6/addrconf.c). */
export function parseIfInet6(text: string): Inet6Entry[] {
  return linesOf(text).map((line) => {
    const match = /^([\da-f]{32}) ([\da-f]{2,8}) ([\da-f]{2}) ([\da-f]{2}) ([\da-f]{2}) +(\S+)$/.exec(line);
    if (match === null) throw new ProcFormatError('if_inet6', line);
    const [, address, index, length, scope, flags, interfaceName] = match as unknown as string[];
    if (hex(length) > 128) throw new ProcFormatError('if_inet6', line);
    return {
      bytes: Uint8Array.from(Buffer.from(address as string, 'hex')),
      interfaceIndex: hex(index),
      prefixLength: hex(length),
      scope: hex(scope),
      flags: hex(flags),
      interfaceName: nameOf(interfaceName),
    };
  });
}

/** A network that an interface is connected to. */
export interface ConnectedRoute {
  readonly interfaceName: string;
  /** Four bytes as one number. */
  readonly destination: number;
  readonly prefixLength: number;
}

/** The routes without a gateway in a /proc/PID/net/route file (fib_route_seq_show in net/ipv4/fib_trie.c). */
export function parseRoutes(text: string): ConnectedRoute[] {
  const [header, ...lines] = linesOf(text);
  if (header !== undefined && !header.startsWith('Iface\t')) throw new ProcFormatError('route', header);
  return lines.flatMap((line) => {
    const match = ROUTE.exec(line);
    if (match === null) throw new ProcFormatError('route', line);
    const [, name, destination, gateway, mask] = match as unknown as string[];
    if (gateway !== '00000000') return [];
    // The mask is all ones, then all zeros: as many leading zeros has its complement.
    const prefixLength = Math.clz32(~wireNumber(mask));
    return [{ interfaceName: nameOf(name), destination: wireNumber(destination), prefixLength }];
  });
}

// Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT, padded with blanks
const ROUTE = /^(\S+)\t([\dA-F]{8})\t([\dA-F]{8})\t[\dA-F]{4}(?:\t\d+){3}\t([\dA-F]{8})(?:\t\d+){3} *$/;

/** Interface indices by name, of those up, from /proc/PID/net/igmp (igmp_mc_seq_show in net/ipv4/igmp.c). */
export function parseIgmp(text: string): Map<string, number> {
  const indices = new Map<string, number>();
  const [header, ...lines] = linesOf(text);
  if (header !== undefined && !header.startsWith('Idx\t')) throw new ProcFormatError('igmp', header);
  for (const line of lines) {
    const match = /^(\d+)\t(\S+) *: /.exec(line);
    if (match !== null) indices.set(nameOf(match[2]), Number(match[1]));
    else if (!line.startsWith('\t\t\t\t')) throw new ProcFormatError('igmp', line);
  }
  return indices;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

// The files are read byte by character, because a name may be any bytes but blanks, as the kernel sees them.
function nameOf(bytes: string | undefined): string {
  return Buffer.from(bytes as string, 'latin1').toString();
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits as string, 16);
}

// The four bytes of an address, printed as one number of this machine's byte order.
function wireNumber(digits: string | undefined): number {
  return new DataView(Uint32Array.of(hex(digits)).buffer).getUint32(0);
}

function ipv4Number(text: string, line: string): number {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part <= 255))) throw new ProcFormatError('fib_trie', line);
  return new DataView(Uint8Array.from(parts).buffer).getUint32(0);
}
