import { SocketAddress } from 'node:net';
import type { Address } from '../../../../src/machine/address.ts';
import type { Container } from '../../../support/namespaces.ts';

/** Addresses as lines to compare: `10.9.8.7/24 host0(2) universe`, then `tentative`, `deprecated` and the host's index. */
export function linesOf(addresses: readonly Address[]): string[] {
  return addresses.map(({ family, bytes, prefixLength, interfaceName, interfaceIndex, scope, ...address }) => {
    const text = family === 'ipv4' ? bytes.join('.') : ipv6Text(bytes);
    const flags = [address.tentative ? ' tentative' : '', address.deprecated ? ' deprecated' : ''].join('');
    return `${text}/${prefixLength} ${interfaceName}(${interfaceIndex}) scope ${scope}${flags}`;
  });
}

/** The same of what ip(8) shows inside a container: IPv4 first, as the kernel dumps them. */
export async function linesInside(container: Container): Promise<string[]> {
  const links = JSON.parse(await container.exec('ip', '-j', '-N', 'address')) as IpLink[];
  const lines = (family: string) =>
    links.flatMap(({ ifindex, ifname, addr_info }) =>
      addr_info
        .filter((info) => info.family === family)
        .map(({ local, prefixlen, scope, tentative = false, deprecated = false }) => {
          const flags = [tentative ? ' tentative' : '', deprecated ? ' deprecated' : ''].join('');
          return `${local}/${prefixlen} ${ifname}(${ifindex}) scope ${scope}${flags}`;
        }),
    );
  return [...lines('inet'), ...lines('inet6')];
}

function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

interface IpLink {
  ifindex: number;
  ifname: string;
  addr_info: {
    family: string;
    local: string;
    prefixlen: number;
    scope: string;
    tentative?: boolean;
    deprecated?: boolean;
  }[];
}
