import type { Methods } from '../frontends/registry/io.github.mymachines.Registry.ts';

type Explanation = Methods['Explain']['reply'];
type Verdict = Explanation['addresses'][number]['verdict'];
type Source = Explanation['addresses'][number]['source'];
type Obstacle = Explanation['obstacles'][number];

const verdicts: Readonly<Record<Exclude<Verdict, 'chosen'>, string>> = {
  tentative: 'duplicate address detection has not ended',
  deprecated: 'its preferred lifetime is over',
  host_scope: 'it means nothing outside the machine',
  duplicate: 'the same is given out already',
  inner_link: 'its interface does not lead to the host, and that of another address does',
  link_local: 'it means something on one link only, and another address reaches further',
};

const guestSources: Readonly<Partial<Record<Source, string>>> = {
  registration: 'the machine was registered with it',
  networkd: 'systemd-networkd has given it to the machine',
  libvirt: 'libvirt has given it to the machine',
  lease_file: 'it was given to the machine, as a lease file says',
  neighbour: 'the machine answers to it',
};

/** Why an address is given out or is not, in words. @param leadsToHost whether its interface is known to */
export function verdictText(verdict: Verdict, source: Source, leadsToHost: boolean): string {
  if (verdict !== 'chosen') return verdicts[verdict];
  const told = guestSources[source];
  if (told !== undefined) return told;
  return leadsToHost ? 'its interface leads to the host' : 'there is none that is better';
}

const obstacles: Readonly<Record<Obstacle['reason'], (obstacle: Obstacle) => string>> = {
  vm_network: () => 'it is a VM, and nobody here knows its addresses',
  host_network: () => 'it shares the network of the host: it has no addresses of its own',
  no_address: () => 'it has no address to give out',
  not_live: () => 'its addresses are read when asked for, and where its interfaces lead is not known',
  address_limit: () => 'it has more addresses than are looked at',
  interface_limit: () => 'it has more interfaces than are looked at',
  vm_users: () => 'it is a VM: its users and groups have no names here',
  host_users: () => 'it shares the users of the host: they have no other names',
  no_id_map: () => 'no users or groups of the host are mapped in it, or none are known',
  host_ids: () => 'some of its users or groups are the host’s own: these have no other names',
  short_name: ({ from }) =>
    `its name has a dot or is long, and its short name is another’s too: users and groups from ${from ?? 0} on have none`,
  overlap: ({ machines }) => `some of its ids belong to others that come first: ${(machines ?? []).join(', ')}`,
};

/** What stands in the way, in words. */
export function obstacleText(obstacle: Obstacle): string {
  return obstacles[obstacle.reason](obstacle);
}
