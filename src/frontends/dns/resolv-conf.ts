import { isIP } from 'node:net';
import { DNS_PORT, type Endpoint } from './endpoint.ts';

/** The servers of a resolv.conf(5), each once; what is no address is passed over, as the C library does. */
export function nameServers(text: string): readonly Endpoint[] {
  const addresses = text.split('\n').flatMap((line) => {
    const [keyword, address = ''] = line.trim().split(/[ \t]+/);
    return keyword === 'nameserver' && isIP(address) !== 0 ? [address] : [];
  });
  return [...new Set(addresses)].slice(0, MOST).map((address) => ({ address, port: DNS_PORT }));
}

/** The C library takes three (MAXNS). */
const MOST = 8;
