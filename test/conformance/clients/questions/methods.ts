import type { Question } from '../../question.ts';
import { ask } from './ask.ts';

const bus = 'org.freedesktop.machine1';
const manager = `${bus} /org/freedesktop/machine1 ${bus}.Manager`;
const names = ['noip', 'one', 'many', 'plain', 'guest', '.host', 'nope', "''", "'no name'"];

/** What each machine is asked by name, and through its object. */
const perMachine = ['Addresses', 'SSHInfo', 'OSRelease', 'UIDShift'];

const gdbus = (method: string, parameters: string): string =>
  `gdbus call -y -d ${bus} -o /org/freedesktop/machine1 -m ${bus}.Manager.${method} -- ${parameters}`;
const gdbusMachine = (name: string, method: string): string =>
  `gdbus call -y -d ${bus} -o /org/freedesktop/machine1/machine/${name} -m ${bus}.Machine.${method} --`;

const looking = [
  // In any order, which is that of a hash table with a random seed.
  `busctl call --json=short ${manager} ListMachines | jq -c '.type, (.data[0] | sort[])'`,
  `gdbus call -y -d ${bus} -o /org/freedesktop/machine1 -m ${bus}.Manager.ListMachines | sed 's/objectpath //g' | tr '()' '\\n\\n' | sed 's/, *$//' | sort`,
  ...names.flatMap((name) => [
    `busctl call ${manager} GetMachine s ${name}`,
    gdbus('GetMachine', name),
    ...perMachine.flatMap((what) => [
      `busctl call ${manager} GetMachine${what} s ${name}`,
      gdbus(`GetMachine${what}`, name),
    ]),
  ]),
  ...['noip', 'one', 'many', 'plain', 'guest', '_2ehost', 'nope'].flatMap((name) => [
    ...perMachine.map((what) => gdbusMachine(name, `Get${what}`)),
  ]),
  ...['noip', 'one', 'many', 'plain', 'guest'].flatMap((name) => [
    `busctl call ${manager} GetMachineByPID u $(machinectl show -P Leader ${name})`,
    `busctl call ${manager} OpenMachineRootDirectory s ${name} | sed 's/[0-9]*$//'`,
  ]),
  // A process of the container that is not its leader; the caller's own; none; of the host; the supervisor.
  `busctl call ${manager} GetMachineByPID u $(pgrep -P $(machinectl show -P Leader one))`,
  `busctl call ${manager} GetMachineByPID u 0`,
  `busctl call ${manager} GetMachineByPID u 1`,
  `busctl call ${manager} GetMachineByPID u 2`,
  `busctl call ${manager} GetMachineByPID u 4294967295`,
  `busctl call ${manager} GetMachineByPID u $(machinectl show -P Supervisor one)`,
  ...['User', 'Group'].flatMap((kind) => [
    ...['one 0', 'one 33', 'one 65535', 'one 65536', 'one 4294967295', 'guest 0', 'nope 0'].flatMap((of) => [
      `busctl call ${manager} MapFromMachine${kind} su ${of}`,
      gdbus(`MapFromMachine${kind}`, of),
    ]),
    ...[0, 33].map((id) => {
      const mapped = `$(( $(busctl call ${manager} GetMachineUIDShift s many | cut -d ' ' -f 2) + ${id} ))`;
      return `busctl call ${manager} MapToMachine${kind} u ${mapped}`;
    }),
    ...[0, 1000, 65534, 100000, 4294967295].flatMap((id) => [
      `busctl call ${manager} MapToMachine${kind} u ${id}`,
      gdbus(`MapToMachine${kind}`, `${id}`),
    ]),
  ]),
  gdbus('OpenMachineRootDirectory', 'nope'),
  gdbus('OpenMachineRootDirectory', '.host'),
];

/** Calls whose parameters are wrong, one after the other; none of them changes anything. */
const wrong = [
  `busctl call ${manager} GetMachine`,
  `busctl call ${manager} GetMachine u 5`,
  `busctl call ${manager} GetMachine ss one two`,
  gdbus('GetMachine', ''),
  gdbus('GetMachineByPID', '-1'),
  `busctl call ${manager} KillMachine ssi one leader 999`,
  gdbus('KillMachine', 'one leader -1'),
  `busctl call ${manager} KillMachine ssi one leader 0`,
  `busctl call ${manager} KillMachine ssi one nobody 15`,
  `busctl call ${manager} KillMachine ssi .host all 15`,
  gdbus('KillMachine', 'nope leader 15'),
  gdbus('TerminateMachine', 'nope'),
  gdbus('TerminateMachine', '.host'),
  gdbus('UnregisterMachine', 'nope'),
  gdbus('UnregisterMachine', '.host'),
];

const refused = [
  `busctl call ${manager} RegisterMachine sayssus new 0 s container $$ ''`,
  ...['noip', 'nope'].flatMap((name) => [
    `busctl call ${manager} TerminateMachine s ${name}`,
    `busctl call ${manager} KillMachine ssi ${name} leader 10`,
    `busctl call ${manager} UnregisterMachine s ${name}`,
    `busctl call ${manager} GetMachineOSRelease s ${name}`,
    `busctl call ${manager} OpenMachineRootDirectory s ${name}`,
    gdbus('TerminateMachine', name),
    gdbus('KillMachine', `${name} leader 10`),
    gdbus('UnregisterMachine', name),
    gdbus('GetMachineOSRelease', name),
    gdbus('OpenMachineRootDirectory', name),
    gdbusMachine(name, 'Terminate'),
    gdbusMachine(name, 'GetOSRelease'),
    gdbusMachine(name, 'OpenRootDirectory'),
  ]),
];

/** The methods by busctl and gdbus, with what they take and with what they do not. */
export const methodQuestions: readonly Question[] = [
  ...ask('method', looking),
  ...ask('method', wrong),
  ...ask(
    'method',
    [...looking.slice(0, 2), ...looking.filter((command) => /\b(one|guest)\b/.test(command)), ...refused],
    'alice',
  ),
];
