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

/** Has a scope made for a process of a unit of its own, and looks at it from before to after. */
const created = (name: string, method: string, parameters: string): Question =>
  askScript(
    `registration: ${method} ${name}`,
    `${shellFunctions}
    systemd-run -q --collect -u leader-${name} sleep infinity; P=$(systemctl show -P MainPID leader-${name})
    I=$(python3 -c 'import os, sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)' $P)
    ${register(method, parameters)}; echo "status $?"
    machinectl show -a ${name} | grep -vE '^(Timestamp|Leader|Supervisor)'
    unit=$(unit_of ${name}); sed 's/.*:://' /proc/$P/cgroup | grep ${name}
    systemctl show -p Slice -p Description -p CPUWeight -p Delegate -p CollectMode -p ActiveState "$unit"
    machinectl terminate ${name}; await gone ${name} && echo gone
    await inactive "$unit" leader-${name}; systemctl is-active "$unit" leader-${name}`,
  );

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
  created('made1', 'CreateMachine', `made1 '[]' tool container $P /srv '[]'`),
  created('made2', 'CreateMachineWithNetwork', `made2 '[]' tool vm $P '' '[1]' '[("Description", <"Made by hand">)]'`),
  created(
    'made3',
    'CreateMachineEx',
    `made3 "[('Class', <'vm'>), ${leader.replaceAll('"', "'")}]" "[('CPUWeight', <uint64 50>), ('Delegate', <true>)]"`,
  ),
  created('made4', 'CreateMachine', `made4 '[]' tool container $P '' '[("Nonsense", <"x">)]'`),
  created('made5', 'CreateMachine', `made5 '[]' tool container $P '' '[("CPUWeight", <"x">)]'`),
  askScript(
    'registration: the machine of another user',
    `${shellFunctions}
    systemd-run -q --collect -u leader-owned --uid=alice sleep infinity; P=$(systemctl show -P MainPID leader-owned)
    ${register('RegisterMachine', `owned '[]' tool container $P ''`)}
    machinectl show -p UID -p Unit -p Name owned
    alice() { setpriv --reuid=alice --regid=alice --clear-groups "$@"; echo "status $?"; }
    alice machinectl kill -s CONT owned
    alice busctl call $MANAGER GetMachineOSRelease s owned
    alice busctl call $MANAGER OpenMachineRootDirectory s owned
    alice machinectl terminate owned
    systemctl is-active leader-owned
    systemctl stop -q leader-owned 2>/dev/null; await gone owned`,
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
