import { chooseDns, type DnsChoice } from '../daemon/dns/dns-choice.ts';
import type { Arguments, OptionSpec } from './arguments.ts';
import { UsageError } from './failures.ts';

/** What `mymachines serve` takes for its DNS front end. */
export const dnsOptions: Readonly<Record<string, OptionSpec>> = {
  dns: { type: 'string', multiple: true },
  domain: { type: 'string' },
  'dns-ttl': { type: 'string' },
  'dns-txt': { type: 'boolean' },
  forward: { type: 'string', multiple: true },
  view: { type: 'boolean' },
};

export const DNS_SYNOPSIS: string =
  '[--dns=ADDRESS:PORT]… [--domain=DOMAIN] [--dns-ttl=SECONDS] [--dns-txt] ' +
  '[--forward=ADDRESS[:PORT]|resolv.conf]… [--view]';

/** @throws UsageError for what makes no sense */
export function chosenDns(values: Arguments['values']): DnsChoice | undefined {
  try {
    return chooseDns({
      dns: texts(values['dns']),
      ...(typeof values['domain'] === 'string' && { domain: values['domain'] }),
      ...(typeof values['dns-ttl'] === 'string' && { ttl: values['dns-ttl'] }),
      forward: texts(values['forward']),
      text: values['dns-txt'] === true,
      view: values['view'] === true,
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function texts(value: Arguments['values'][string]): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
