import { type HostLine, lineMaker } from '../check-line.ts';
import type { DnsFacts } from '../dns.ts';

/** What can be said of whom programs ask that ask the DNS themselves. */
export const dnsKinds = {
  dns_answers: 'ok',
  dns_untried: 'ok',
  dns_unknown: 'warn',
  dns_elsewhere: 'warn',
  dns_nobody: 'warn',
} as const;

const line = lineMaker('DNS', dnsKinds);

const WHO = 'programs that ask the DNS themselves (those of musl and Go, dig)';
const MEND =
  'ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf where systemd-resolved is 259 or later, or ' +
  "'mymachines serve --dns=127.0.0.57:53 --forward=…' and that address in it";

/** Whether they find machines. */
export function dnsLines({ servers, ownServer, lookup }: DnsFacts): HostLine[] {
  // Without a file, or a server in it, they ask this host (resolv.conf(5)).
  const [first] = servers ?? [];
  if (first === undefined) return [line('dns_nobody', `/etc/resolv.conf names no server: ${WHO} find nothing`, MEND)];
  if (!ownServer)
    return [line('dns_elsewhere', `${WHO} ask ${first}, which is another host and knows no machines`, MEND)];
  if (lookup === undefined) {
    return [line('dns_untried', `${WHO} ask ${first}; there is no machine with an address to ask it for`)];
  }
  if (lookup.kind === 'found') return [line('dns_answers', `${WHO} find ${lookup.name} by ${first}`)];
  return [line('dns_unknown', `${WHO} do not find ${lookup.name} by ${first}: ${lookup.reason}`, MEND)];
}
