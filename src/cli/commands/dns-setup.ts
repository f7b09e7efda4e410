import { DEFAULT_DOMAIN, parseDomain, parseEndpoint } from '../../daemon/dns/dns-choice.ts';
import type { Command } from '../command.ts';
import { resolverSettings } from '../dns-settings.ts';
import { UsageError } from '../failures.ts';
import { chosenSources, sourceOption } from '../source-option.ts';

/**
 * `mymachines dns-setup`: how a resolver is told to ask the daemon for the domain, and the daemon to answer. Changes
 * nothing.
 */
export const dnsSetup: Command = {
  synopsis: `${Object.keys(resolverSettings).join('|')} --dns=ADDRESS:PORT [--domain=DOMAIN] [--source=SOURCE]…`,
  summary: 'Prints the lines with which the service answers over DNS, or a resolver of this host asks it.',
  options: { dns: { type: 'string' }, domain: { type: 'string' }, ...sourceOption },
  operands: [1, 1],
  async run({ operands, values }, { output }) {
    const name = operands[0] as string;
    const settings = Object.hasOwn(resolverSettings, name) ? resolverSettings[name] : undefined;
    if (settings === undefined) {
      throw new UsageError(`dns-setup knows ${Object.keys(resolverSettings).join(', ')}, not '${name}'`);
    }
    const { dns, domain } = values;
    const endpoint = parseEndpoint(String(dns ?? ''));
    if (endpoint === undefined) {
      throw new UsageError(`--dns= takes the ADDRESS:PORT that the daemon was given, not '${dns ?? ''}'`);
    }
    output.write(settings(endpoint, domainOf(domain), chosenSources(values) ?? []));
    return 0;
  },
};

function domainOf(value: unknown): string {
  try {
    return parseDomain(typeof value === 'string' ? value : DEFAULT_DOMAIN);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
