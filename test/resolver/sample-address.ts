import type { Address } from '../../src/machine/address.ts';

/** `10.0.0.1 global 2 host:7 deprecated`: address, scope, interface index, then the host's interface and flags. */
export function sampleAddress(line: string): Address {
  const [text, scope, index, ...flags] = line.split(' ') as [string, string, string, ...string[]];
  const bytes = text.includes(':') ? ipv6(text) : Uint8Array.from(text.split('.').map(Number));
  const host = flags.find((flag) => flag.startsWith('host:'))?.slice(5);
  return {
    family: bytes.length === 4 ? 'ipv4' : 'ipv6',
    bytes,
    prefixLength: bytes.length === 4 ? 24 : 64,
    interfaceIndex: Number(index),
    ...(host === undefined ? {} : { hostInterfaceIndex: Number(host) }),
    scope: { global: 0, site: 200, link: 253, host: 254, nowhere: 255 }[scope] ?? Number.NaN,
    tentative: flags.includes('tentative'),
    deprecated: flags.includes('deprecated'),
  };
}

/** `fe80::1`: one group of zeros left out. */
function ipv6(text: string): Uint8Array {
  const [head = [], tail = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const groups = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
