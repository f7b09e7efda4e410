import { callsOf } from './calls.ts';
import type { Asked, JsonValue } from './exchange.ts';

const root = callsOf('root');
const alice = callsOf('alice');
/** SIGWINCH, at which nothing ends. */
const harmless = 28;

const kill = (calls: typeof root, name: string, whom: string, signal: number): Asked =>
  calls.manager('KillMachine', 'ssi', name, whom, signal);

const kills = (calls: typeof root): Asked[] => [
  ...['c1', 'guest', '.host', 'nope', ''].flatMap((name) => [
    ...['', 'all', 'leader'].map((whom) => kill(calls, name, whom, harmless)),
    ...['nope', 'Leader'].map((whom) => kill(calls, name, whom, harmless)),
    ...[0, -1, 65, 2 ** 31 - 1].map((signal) => kill(calls, name, 'leader', signal)),
    kill(calls, name, 'nope', 0),
  ]),
  calls.machine('c1', 'Kill', 'si', 'leader', harmless),
  calls.machine('c1', 'Kill', 'si', 'nope', 0),
  calls.machine('_2ehost', 'Kill', 'si', 'leader', harmless),
];

const ends = (calls: typeof root): Asked[] => [
  ...['.host', 'nope', ''].map((name) => calls.manager('TerminateMachine', 's', name)),
  calls.machine('_2ehost', 'Terminate'),
  ...['.host', 'nope', ''].map((name) => calls.manager('UnregisterMachine', 's', name)),
];

/** What is wrong with arguments, which is told before anything is done. */
const faults = (calls: typeof root): Asked[] => [
  ...['c1', 'guest', '.host', 'nope'].flatMap((name) => {
    const about = (member: string, signature: string, ...body: readonly JsonValue[]) =>
      calls.manager(member, `s${signature}`, name, ...body);
    return [
      about('OpenMachineShell', 'ssasas', '', 'relative', [], []),
      about('OpenMachineShell', 'ssasas', 'a b', '/x', [], ['no assignment']),
      about('BindMountMachine', 'ssbb', 'relative', '/x', 0, 0),
      about('BindMountMachine', 'ssbb', '/a/../b', '/x', 0, 0),
      about('BindMountMachine', 'ssbb', '/a', 'relative', 0, 0),
      about('CopyFromMachine', 'ss', 'relative', '/x'),
      about('CopyFromMachine', 'ss', '/x', 'relative'),
      about('CopyToMachine', 'ss', '/x//y', '/x'),
      about('CopyToMachineWithFlags', 'sst', '/nowhere', '/x', '2'),
      about('CopyFromMachineWithFlags', 'sst', '/nowhere', '', '9999'),
    ];
  }),
  ...['guest'].flatMap((name) => [
    calls.manager('OpenMachinePTY', 's', name),
    calls.manager('OpenMachineLogin', 's', name),
    calls.manager('OpenMachineRootDirectory', 's', name),
  ]),
  ...['nope', ''].flatMap((name) => [
    ...['OpenMachinePTY', 'OpenMachineLogin', 'OpenMachineRootDirectory'].map((member) =>
      calls.manager(member, 's', name),
    ),
  ]),
  calls.machine('guest', 'BindMount', 'ssbb', '/a', '/b', 0, 0),
  calls.machine('c1', 'CopyTo', 'ss', 'relative', '/x'),
  calls.manager('CleanPool', 's', 'nope'),
];

/** What an ordinary user would be asked a password for. */
const privileged = [
  ...['c1', '.host'].flatMap((name) => [
    ...['TerminateMachine', 'UnregisterMachine', 'OpenMachinePTY', 'OpenMachineLogin', 'OpenMachineRootDirectory'].map(
      (member) => alice.manager(member, 's', name),
    ),
    alice.manager('OpenMachineShell', 'sssasas', name, '', '', [], []),
  ]),
  alice.manager('BindMountMachine', 'sssbb', 'c1', '/etc', '', 0, 0),
  alice.manager('CopyToMachine', 'sss', 'c1', '/etc/hostname', ''),
  alice.manager('CopyFromMachine', 'sss', 'c1', '/etc/hostname', '/tmp/x'),
  ...['Terminate', 'OpenPTY', 'OpenRootDirectory'].map((member) => alice.machine('c1', member)),
  alice.manager('RemoveImage', 's', '.host'),
  alice.manager('SetPoolLimit', 't', '5'),
  alice.manager('CleanPool', 's', 'all'),
];

/** What the owner of a machine need not be asked for. */
const own = [
  kill(alice, 'owned', 'leader', harmless),
  alice.machine('owned', 'Kill', 'si', 'all', harmless),
  alice.manager('OpenMachineRootDirectory', 's', 'owned'),
  alice.manager('GetMachineOSRelease', 's', 'owned'),
  alice.manager('UnregisterMachine', 's', 'owned'),
  alice.manager('GetMachine', 's', 'owned'),
];

export const operationQuestions: readonly Asked[] = [
  ...kills(root),
  ...ends(root),
  ...faults(root),
  ...kills(alice),
  ...ends(alice),
  ...faults(alice),
  ...privileged,
  ...own,
  root.manager('UnregisterMachine', 's', 'plain'),
  root.manager('GetMachine', 's', 'plain'),
];
