import { type BusNameFact, busNames } from '../bus-name.ts';
import { type HostLine, lineMaker } from '../check-line.ts';
import type { Place } from '../host-facts.ts';

/** What can be said of the name on the system bus. */
export const busKinds = {
  bus_own: 'ok',
  bus_machined: 'ok',
  bus_asleep: 'ok',
  bus_other: 'fail',
  bus_other_starts: 'fail',
  bus_free: 'warn',
  bus_absent: 'warn',
} as const;

const line = lineMaker('bus', busKinds);
const name = busNames.registry;
const MASK = 'systemctl mask --now systemd-machined.service systemd-machined.socket, and restart mymachines';

/** What it depends on who should have the name. */
export interface BusCircumstances {
  /** Of the mymachines that runs, and its process; undefined where none does. */
  readonly place: Place | undefined;
  readonly pid: number | undefined;
  /** systemd-machined is installed and not masked. */
  readonly machinedStartable: boolean;
}

/** Who has the name under which machinectl(1) and libnss_mymachines ask. */
export function busLines(fact: BusNameFact, { place, pid, machinedStartable }: BusCircumstances): HostLine[] {
  if (fact.kind === 'no-bus') {
    const text = `there is no system bus: machinectl and libnss_mymachines find nothing (${fact.reason})`;
    return [line('bus_absent', text, 'start a bus, or let programs ask systemd-resolved or the DNS')];
  }
  if (fact.kind === 'owned') return [owned(fact, place, pid)];
  if (place !== 'instead') {
    const asleep = `nobody has ${name} now; who asks for it has systemd-machined started`;
    if (fact.activatable && machinedStartable) return [line('bus_asleep', asleep)];
    const mend = place === 'beside' ? 'start systemd-machined' : 'start mymachines or systemd-machined';
    return [line('bus_free', `nobody has ${name}: machinectl and libnss_mymachines find nothing`, mend)];
  }
  if (fact.activatable) {
    const text = `nobody has ${name}, not this mymachines either: who asks for it has another started, or waits in vain`;
    return [line('bus_other_starts', text, `'mymachines install', and ${MASK}`)];
  }
  const mend = "'mymachines install' puts the bus's policy in place; restart mymachines, without --bus=none";
  return [line('bus_free', `nobody has ${name}: machinectl and libnss_mymachines find nothing`, mend)];
}

function owned(
  { owner, pid: ownerPid }: Extract<BusNameFact, { kind: 'owned' }>,
  place: Place | undefined,
  pid: number | undefined,
): HostLine {
  const machined = owner.startsWith('systemd-machined ');
  const text = `${owner} has ${name}`;
  if (place === 'instead') {
    if (ownerPid === pid) return line('bus_own', text);
    return line('bus_other', `${text}, and not this mymachines (PID ${pid})`, machined ? MASK : `end it, or ${MASK}`);
  }
  if (machined) return line('bus_machined', text);
  const mend = 'end it, and start systemd-machined or mymachines';
  return line('bus_other', `${text}, which is neither systemd-machined nor mymachines`, mend);
}
