import type { Question } from '../../question.ts';
import { shellFunctions } from '../machines.ts';
import { ask, askScript } from './ask.ts';

const register = (method: string, parameters: string): string =>
  `gdbus call -y -d org.freedesktop.machine1 -o /org/freedesktop/machine1 ` +
  `-m org.freedesktop.machine1.Manager.${method} -- ${parameters}`;

/** The process that asks would be the leader: none of these gets that far. */
const refused: readonly string[] = [
  ...[
    `one '[]' s container $$ ''`,
    `.host '[]' s container $$ ''`,
    `'' '[]' s container $$ ''`,
    `'a b' '[]' s container $$ ''`,
    `new '[1,2,3]' s container $$ ''`,
    `new '[]' s host $$ ''`,
    `new '[]' s nonsense $$ ''`,
    `new '[]' s '' $$ ''`,
    `new '[]' s container 1 ''`,
    `new '[]' s container 999999 ''`,
    `new '[]' s container $$ relative`,
    `new '[]' s container $(machinectl show -P Leader .host) ''`,
  ].map((parameters) => register('RegisterMachine', parameters)),
  ...['-1', '0'].map((index) => register('RegisterMachineWithNetwork', `new '[]' s container $$ '' '[${index}]'`)),
  register('RegisterMachineWithNetwork', `one '[]' s container $$ '' '[99999]'`),
  ...[
    '("Nonsense", <"x">)',
    '("Class", <"host">)',
    '("Class", <"">)',
    '("Class", <uint32 5>)',
    '("Id", <"x">)',
    '("Id", <[byte 1]>)',
    '("Service", <uint32 5>)',
    '("NetworkInterfaces", <[0]>)',
    '("NetworkInterfaces", <["lo"]>)',
    '("RootDirectory", <"relative">)',
    '("VSockCID", <uint32 1>)',
    '("VSockCID", <"x">)',
    '("Class", <"vm">), ("LeaderPID", <uint32 5>)',
    '("Class", <"vm">), ("LeaderPIDFDID", <uint64 5>)',
    '("Class", <"vm">), ("LeaderPID", <uint32 999999>), ("LeaderPIDFDID", <uint64 5>)',
    '("Class", <"vm">), ("LeaderPID", <uint32 1>), ("LeaderPIDFDID", <uint64 5>)',
    '("Service", <"a">), ("Service", <uint32 5>)',
    '',
  ].map((properties) => register('RegisterMachineEx', `new '[${properties}]'`)),
  register('RegisterMachineEx', `new '[("Class", <"vm">), ("SSHAddress", <uint32 1>)]'`),
  register('RegisterMachineEx', `one '[("Class", <"vm">)]'`),
];

/** Registers a process of a unit of its own, looks at what came of it, and takes it away again. */
const accepted = (id: string, name: string, method: string, parameters: string): Question =>
  askScript(
    `registration: ${id}`,
    `${shellFunctions}
    systemd-run -q --collect -u leader-${name} sleep infinity; P=$(systemctl show -P MainPID leader-${name})
    I=$(python3 -c 'import os, sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)' $P)
    ${register(method, parameters)}
    machinectl show -a ${name} | grep -vE '^(Timestamp|Leader|Supervisor)'
    busctl get-property org.freedesktop.machine1 /org/freedesktop/machine1/machine/${name} \\
      org.freedesktop.machine1.Machine NetworkInterfaces
    systemctl stop leader-${name}; busctl call $MANAGER UnregisterMachine s ${name} 2>/dev/null; await gone ${name}`,
  );

const leader = '("LeaderPID", <uint32 $P>), ("LeaderPIDFDID", <uint64 $I>)';

/** Registrations over D-Bus: what is refused with which error, and what is taken as it is. */
export const registrationQuestions: readonly Question[] = [
  ...ask('registration', refused),
  ...ask('registration', refused.slice(0, 8), 'alice'),
  accepted(
    'twice the same interface',
    'reg1',
    'RegisterMachineWithNetwork',
    `reg1 '[]' s container $P '' '[1, 1, 99999]'`,
  ),
  accepted('a path that is not normalized', 'reg2', 'RegisterMachine', `reg2 '[]' s container $P /a/../b`),
  accepted('no leader', 'reg3', 'RegisterMachineEx', `reg3 '[("Class", <"container">)]'`),
  accepted(
    'a property that stands twice',
    'reg4',
    'RegisterMachineEx',
    `reg4 "[('Class', <'vm'>), ('Service', <'a'>), ('Service', <'b'>), ${leader.replaceAll('"', "'")}]"`,
  ),
  accepted(
    'a key that is no path',
    'reg5',
    'RegisterMachineEx',
    `reg5 "[('Class', <'vm'>), ('SSHPrivateKeyPath', <'key'>), ${leader.replaceAll('"', "'")}]"`,
  ),
  askScript(
    'registration: the leader of another machine',
    `${shellFunctions}
    systemd-run -q --collect -u leader-reg6 sleep infinity; P=$(systemctl show -P MainPID leader-reg6)
    ${register('RegisterMachine', `reg6 '[]' s container $P ''`)}
    ${register('RegisterMachine', `reg7 '[]' s container $P ''`)}
    for n in {1..30}; do gone reg6 >/dev/null 2>&1 && break; sleep .02; done
    machinectl list --no-legend | grep ^reg
    systemctl stop -q leader-reg6 2>/dev/null; await gone reg6`,
  ),
];
