import type { Question } from '../../question.ts';
import { shellFunctions } from '../machines.ts';
import { askScript } from './ask.ts';

/** What happens while somebody listens: a container starts and ends, and so does a machine that is registered by hand. */
const events = (name: string): string => `
  start short --network-veth -- sleep infinity
  machinectl terminate short; await gone short
  systemd-run -q --collect -u leader-${name} sleep infinity
  busctl call -q $MANAGER RegisterMachine sayssus ${name} 0 tool vm $(systemctl show -P MainPID leader-${name}) ''
  busctl call -q $MANAGER UnregisterMachine s ${name}; await gone ${name}
  systemctl stop leader-${name}`;

/** Runs a program that listens: what happens begins when it says that it is ready. */
const listen = (program: string, ready: string, name: string, end: string): string => `${shellFunctions}
  out=$(mktemp -d)
  ${program} >$out/text 2>$out/errors &
  await grep -q '${ready}' $out/text $out/errors
  ${events(name)}
  ${end}`;

const gdbus = (as: string, object: string, name: string): string =>
  listen(
    `${as}stdbuf -oL gdbus monitor -y -d org.freedesktop.machine1${object}`,
    'is owned by',
    name,
    `await grep -q 'MachineRemoved.*${name.split('.')[0]}' $out/text
    kill $!; wait $! 2>/dev/null; cat $out/text`,
  );

/** MachineNew and MachineRemoved, as unmodified programs hear them. */
export const signalQuestions: readonly Question[] = [
  askScript(
    'signals: busctl monitor',
    listen(
      `timeout 6 busctl monitor -N 4 --match="type='signal',sender='org.freedesktop.machine1'"`,
      'Monitoring bus message stream',
      'heard-1.x',
      // Without the cookie and the time.
      `wait $!; echo "status $?"; sed -E 's/ +Cookie=.*//' $out/text`,
    ),
  ),
  askScript('signals: gdbus monitor', gdbus('', '', 'heard-2.x')),
  askScript(
    'signals: gdbus monitor of the manager as an ordinary user',
    gdbus('setpriv --reuid=alice --regid=alice --clear-groups ', ' -o /org/freedesktop/machine1', 'heard-3.x'),
  ),
];
