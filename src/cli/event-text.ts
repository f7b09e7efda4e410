import type { Methods } from '../frontends/registry/io.github.mymachines.Registry.ts';
import { needsInterface } from '../machine/address-text.ts';
import { printable } from './output.ts';

/** What Subscribe tells. */
export type EventReply = Methods['Subscribe']['reply'];

type IdMapLine = NonNullable<EventReply['uidMap']>[number];

/** An event as one line, without its end. */
export function eventText(event: EventReply): string {
  const { event: kind, name, class: machineClass, uidMap, gidMap } = event;
  const addresses = (event.addresses ?? []).map(addressText);
  const nothing = event.addresses?.length === 0 && kind === 'addresses_changed' ? ['none'] : [];
  const words = [name, machineClass, ...addresses, ...nothing, ...idTexts(uidMap, gidMap), remarks[kind]];
  return printable([kind.padEnd(WIDTH), ...words.filter((word) => word)].join(' '));
}

const remarks: Partial<Record<EventReply['event'], string>> = {
  complete: 'what follows has happened since',
  resync: 'some changes were missed: all machines follow again',
};

/** Of `addresses_changed`, the longest. */
const WIDTH = 17;

function addressText({ address, interfaceInside }: NonNullable<EventReply['addresses']>[number]): string {
  const zone = needsInterface(address) ? interfaceInside?.index : undefined;
  return zone === undefined ? address : `${address}%${zone}`;
}

function idTexts(users: EventReply['uidMap'], groups: EventReply['gidMap']): string[] {
  const [uids, gids] = [mapText(users ?? []), mapText(groups ?? [])];
  if (uids === gids) return uids === '' ? [] : [`ids ${uids}`];
  return [...(uids === '' ? [] : [`uids ${uids}`]), ...(gids === '' ? [] : [`gids ${gids}`])];
}

/** `0+65536@1879048192`: 65536 ids from 0 on inside are those from 1879048192 on. */
function mapText(map: readonly IdMapLine[]): string {
  return map.map(({ inside, outside, count }) => `${inside}+${count}@${outside}`).join(',');
}
