import { systemDirectory } from '../../machine/runtime-directory.ts';
import type { BusNameFact } from '../bus-name.ts';
import { type HostLine, lineMaker } from '../check-line.ts';
import type { FileFacts } from '../file-facts.ts';
import type { HostFacts, Place } from '../host-facts.ts';
import type { SocketFact, SocketState } from '../socket-state.ts';
import { isMachined, isOurs, productText, troubleText } from '../who.ts';

/** What can be said of which registry is live. */
export const registryKinds = {
  registry_instead: 'ok',
  registry_beside: 'ok',
  registry_apart: 'ok',
  registry_machined_only: 'warn',
  registry_absent: 'fail',
  registry_trouble: 'fail',
  registry_unread: 'fail',
  registry_other: 'fail',
  machined_startable: 'warn',
} as const;

const line = lineMaker('registry', registryKinds);

const START = "systemctl start mymachines.service, or run 'mymachines serve'";
const MASK = 'systemctl mask --now systemd-machined.service systemd-machined.socket';

/**
 * Which registry is live, and what may take its place.
 * @param read mymachines has told of its machines
 */
export function liveRegistryLines({ sockets, bus, directory, files }: HostFacts, read: boolean): HostLine[] {
  const { own, shared } = sockets.machine;
  const place = placeOf(own, shared, directory);
  if (place === undefined) return withoutUs(own, shared, registryOf(shared, bus, isStartable(files)));
  const socket = isOurs(own) ? own : shared;
  const who = `${productText(socket.state as Live)} answers at ${socket.path}`;
  if (!read) {
    const mend = 'restart it: it may be of another version than this command';
    return [line('registry_unread', `${who}, and does not tell of its machines`, mend)];
  }
  if (place === 'apart') {
    return [line('registry_apart', `${who}, where the system’s programs do not look`)];
  }
  if (place === 'beside') {
    return [line('registry_beside', `${who}, beside ${registryOf(shared, bus, true) ?? 'systemd-machined'}`)];
  }
  const startable = files.startableUnits.join(' and ');
  return [
    line('registry_instead', `${who}, in the place of systemd-machined`),
    ...(startable === ''
      ? []
      : [line('machined_startable', `${startable} can still be started, and would take its place`, MASK)]),
  ];
}

/** How mymachines runs; undefined where it does not. */
export function placeOf(own: SocketFact, shared: SocketFact, directory: string): Place | undefined {
  if (isOurs(own)) return directory === systemDirectory ? 'beside' : 'apart';
  if (!isOurs(shared)) return undefined;
  return directory === systemDirectory ? 'instead' : 'apart';
}

type Live = Extract<SocketState, { kind: 'live' }>;

/** The bus has systemd start it for whoever asks for its name. */
export function isStartable({ startableUnits }: FileFacts): boolean {
  return startableUnits.includes('systemd-machined.service');
}

/** @param other the registry that there is instead */
function withoutUs(own: SocketFact, shared: SocketFact, other: string | undefined): HostLine[] {
  const trouble = [own, shared].flatMap((socket) => {
    if (socket.state.kind === 'absent') return [];
    const text = troubleText(socket);
    if (text !== undefined) return [line('registry_trouble', `${socket.path}: ${text}`, `${START} again`)];
    if (isMachined(socket)) return [];
    const mend = 'find out who runs it, end that, and start mymachines';
    return [line('registry_other', `${socket.path}: ${productText(socket.state as Live)} answers there`, mend)];
  });
  if (other !== undefined) {
    const mend = "'mymachines serve --source machine1' runs beside it";
    return [...trouble, line('registry_machined_only', `${other} is the registry, mymachines does not run`, mend)];
  }
  if (trouble.length > 0) return trouble;
  return [line('registry_absent', `nobody answers at ${own.path} or ${shared.path}: no machine has a name`, START)];
}

/** systemd-machined, as far as it is to be seen. */
function registryOf(shared: SocketFact, bus: BusNameFact, startable: boolean): string | undefined {
  if (isMachined(shared)) return productText(shared.state as Live);
  if (bus.kind === 'owned' && bus.owner.startsWith('systemd-machined')) return bus.owner;
  const asleep = bus.kind === 'free' && bus.activatable && startable;
  return asleep ? 'systemd-machined (asleep until it is asked for)' : undefined;
}
