import { addressText, parseAddress } from '../../machine/address-text.ts';
import { type HostLine, lineMaker } from '../check-line.ts';
import type { FileFacts } from '../file-facts.ts';
import type { IdRange, KnownMachine } from '../host-facts.ts';

/** What can be said of names that the host itself gives to something else. */
export const hostNameKinds = {
  name_in_hosts: 'warn',
  name_of_host: 'warn',
} as const;

/** What can be said of ids that users and groups of the host have, too. */
export const idKinds = {
  user_of_host: 'fail',
  group_of_host: 'fail',
} as const;

const nameLine = lineMaker('host names', hostNameKinds);
const idLine = lineMaker('users and groups', idKinds);

/** Nobody reads more lines of a kind than this. */
const MOST = 16;
/** Ids below are the host's own, and never a machine's. */
const FIRST = 65_536;

/** What of the host stands in the way of machines' names, users and groups. */
export function collisionLines(machines: readonly KnownMachine[], files: FileFacts, hostName: string): HostLine[] {
  return [
    ...hostNameLines(machines, files.hosts ?? '', hostName),
    ...idLines(
      'user',
      files.users,
      machines.map(({ name, users }) => ({ name, ranges: users })),
    ),
    ...idLines(
      'group',
      files.groups,
      machines.map(({ name, groups }) => ({ name, ranges: groups })),
    ),
  ];
}

function hostNameLines(machines: readonly KnownMachine[], hosts: string, hostName: string): HostLine[] {
  const known = hostsEntries(hosts);
  const inHosts = machines.flatMap(({ name, addresses }) => {
    const others = (known.get(name.toLowerCase()) ?? []).filter((address) => !addresses.includes(address));
    if (others.length === 0) return [];
    const text = `/etc/hosts has ${name} at ${others.join(', ')}, and that is found before the machine is`;
    return [nameLine('name_in_hosts', text, 'remove the line, or register the machine under another name')];
  });
  const [own] = hostName.toLowerCase().split('.');
  const same = machines.find(({ name }) => [own, hostName.toLowerCase()].includes(name.toLowerCase()));
  const ofHost = same && nameLine('name_of_host', `${same.name} is the host’s own name, too`, RENAME);
  return [...inHosts.slice(0, MOST), ...(ofHost === undefined ? [] : [ofHost])];
}

const RENAME = 'register the machine under another name';

/** The addresses of each name in lower case, by hosts(5). */
function hostsEntries(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    const bytes = parseAddress(address);
    if (bytes === undefined) continue;
    for (const name of names) {
      const addresses = found.get(name.toLowerCase()) ?? [];
      found.set(name.toLowerCase(), [...addresses, addressText(bytes)]);
    }
  }
  return found;
}

function idLines(
  kind: 'user' | 'group',
  text: string | undefined,
  machines: readonly { readonly name: string; readonly ranges: readonly IdRange[] }[],
): HostLine[] {
  const lines = (text ?? '').split('\n').flatMap((entry) => {
    // passwd(5), group(5): the id is the third field of both.
    const [name = '', , third = ''] = entry.split(':');
    const id = /^\d{1,10}$/.test(third) ? Number(third) : -1;
    if (id < FIRST) return [];
    const owner = machines.find(({ ranges }) => ranges.some(({ start, count }) => id >= start && id < start + count));
    if (owner === undefined) return [];
    const what = `${kind} ${name} of the host has the id ${id}, which is also one of the machine ${owner.name}`;
    return [idLine(`${kind}_of_host`, what, `give the ${kind} another id, or the machine another range`)];
  });
  return lines.slice(0, MOST);
}
