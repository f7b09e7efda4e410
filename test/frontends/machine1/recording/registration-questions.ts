import { callsOf, given, leader } from './calls.ts';
import type { Asked, JsonValue } from './exchange.ts';

const root = callsOf('root');
const alice = callsOf('alice');
const unregister = root.manager('UnregisterMachine', 's', 'n');
const look = root.properties('n');
const spare = '«spare-root.pid»';
const one = Array.from({ length: 16 }, () => 1);

/** RegisterMachine with something else than usual. */
function register(changes: Partial<Record<keyof typeof usual, JsonValue>>, calls = root): Asked {
  const { name, id, service, class: machineClass, leader: pid, root: directory } = { ...usual, ...changes };
  return calls.manager('RegisterMachine', 'sayssus', name, id, service, machineClass, pid, directory);
}
const usual: Record<'name' | 'id' | 'service' | 'class' | 'leader' | 'root', JsonValue> = {
  name: 'n',
  id: [],
  service: '',
  class: 'container',
  leader: spare,
  root: '',
};

function withNetwork(...interfaces: readonly number[]): Asked {
  return root.manager('RegisterMachineWithNetwork', 'sayssusai', 'n', [], '', 'vm', spare, '', interfaces);
}

function extended(...properties: readonly JsonValue[]): Asked {
  return root.manager('RegisterMachineEx', 'sa(sv)', 'n', properties);
}
const container = given('Class', 's', 'container');
const usualLeader = leader('spare-root');

/** CreateMachine, for what is refused before a unit is made. */
function create(changes: Partial<Record<keyof typeof usual, JsonValue>>, calls = root): Asked {
  const { name, id, service, class: machineClass, leader: pid, root: directory } = { ...usual, ...changes };
  return calls.manager('CreateMachine', 'sayssusa(sv)', name, id, service, machineClass, pid, directory, []);
}

const refused = [
  ...['', '.host', 'a/b', '-x', 'x..y', 'a'.repeat(65)].flatMap((name) => [register({ name }), create({ name })]),
  ...[1, 15, 17].map((length) => register({ id: Array.from({ length }, () => 1) })),
  ...['host', '', 'Container', 'nope'].flatMap((name) => [register({ class: name }), create({ class: name })]),
  ...[1, 4_999_999, 2 ** 31, 2 ** 32 - 1].flatMap((pid) => [register({ leader: pid }), create({ leader: pid })]),
  ...['rel', `/${'x'.repeat(300)}`, `/${`${'x'.repeat(200)}/`.repeat(25)}`].map((path) => register({ root: path })),
  ...[0, -1, -(2 ** 31)].map((index) => withNetwork(1, index)),
  register({ name: 'c1' }),
  create({ name: 'c1' }),
  register({ name: '2x.y-1', leader: '«spare-alice.pid»' }),
];

const accepted = [
  register({}),
  register({ id: one, service: 'some service', class: 'vm', root: '/srv/n' }),
  register({ id: one.map(() => 0), service: 'a\nb' }),
  register({ root: '/a/../b//c/' }),
  register({ root: '//' }),
  register({ leader: 0 }),
  withNetwork(),
  withNetwork(1, 1, 9999, 2 ** 31 - 1),
].flatMap((question) => [question, look, unregister]);

const extendedRefused = [
  extended(...usualLeader),
  extended(container, given('LeaderPID', 'u', spare)),
  extended(container, given('LeaderPIDFDID', 't', '5')),
  extended(container, given('LeaderPID', 'u', spare), given('LeaderPIDFDID', 't', '5')),
  extended(container, ...usualLeader, given('LeaderPID', 'u', '«spare-alice.pid»')),
  extended(container, given('LeaderPID', 'u', 4_999_999), given('LeaderPIDFDID', 't', '5')),
  ...['host', '', 'nope'].map((name) => extended(given('Class', 's', name), ...usualLeader)),
  ...['Foo', 'class', 'Leader', 'Name', 'Unit', 'ControlAddress', '__proto__', 'constructor'].map((name) =>
    extended(container, ...usualLeader, given(name, 's', 'x')),
  ),
  ...[
    given('Class', 'u', 5),
    given('Service', 'u', 5),
    given('LeaderPID', 't', '5'),
    given('LeaderPIDFD', 'u', 5),
    given('NetworkInterfaces', 'au', [1]),
    given('VSockCID', 't', '42'),
    given('Id', 's', '01'.repeat(16)),
  ].map((property) => extended(container, ...usualLeader, property)),
  extended(container, ...usualLeader, given('Id', 'ay', one.slice(1))),
  extended(container, ...usualLeader, given('RootDirectory', 's', 'x')),
  extended(container, ...usualLeader, given('NetworkInterfaces', 'ai', [0])),
  ...[0, 2, 2 ** 32 - 1].map((cid) => extended(container, ...usualLeader, given('VSockCID', 'u', cid))),
  root.manager('RegisterMachineEx', 'sa(sv)', 'c1', [container, ...usualLeader]),
  root.manager('RegisterMachineEx', 'sa(sv)', '.host', [container, ...usualLeader]),
  root.manager('CreateMachineEx', 'sa(sv)a(sv)', 'n', [given('Class', 's', 'host'), ...usualLeader], []),
];

const vsock = given('VSockCID', 'u', 42);
const extendedAccepted = [
  extended(container, vsock),
  extended(container, vsock, ...usualLeader),
  extended(container, vsock, given('LeaderPID', 'u', 0), given('LeaderPIDFDID', 't', '0')),
  extended(vsock, ...usualLeader, container, given('Id', 'ay', one), given('Service', 's', 's'), container),
  extended(given('Class', 's', 'vm'), given('VSockCID', 'u', 3), given('VSockCID', 'u', 2 ** 32 - 2), ...usualLeader),
  extended(container, vsock, ...usualLeader, given('Id', 'ay', one), given('Id', 'ay', [])),
  extended(container, vsock, ...usualLeader, given('Service', 's', 's'), given('Service', 's', '')),
  extended(container, vsock, ...usualLeader, given('RootDirectory', 's', '/x/../y'), given('RootDirectory', 's', '')),
  extended(container, vsock, ...usualLeader, given('RootDirectory', 's', '/x/../y')),
  extended(
    ...[container, vsock, ...usualLeader],
    ...[given('NetworkInterfaces', 'ai', [1, 2]), given('NetworkInterfaces', 'ai', [3])],
  ),
  extended(container, vsock, ...usualLeader, given('SSHAddress', 's', 'x'), given('SSHPrivateKeyPath', 's', '/k/../l')),
  extended(container, vsock, ...usualLeader, given('SSHAddress', 's', ''), given('SSHPrivateKeyPath', 's', '')),
].flatMap((question) => [question, look, root.manager('GetMachineSSHInfo', 's', 'n'), unregister]);

/** What systemd 262 lets through and we do not (docs/differences.md). */
const lax = [
  ...[given('SSHAddress', 's', 'a\nb'), given('SSHPrivateKeyPath', 's', 'relative')].map((property) =>
    root.manager('RegisterMachineEx', 'sa(sv)', 'lax', [container, vsock, ...usualLeader, property]),
  ),
  root.manager('UnregisterMachine', 's', 'lax'),
];

/** And where it makes an address of a default. */
const withoutCid = [extended(container, ...usualLeader), root.property('n', 'VSockCID'), unregister];

const asAlice = [
  ...[{}, { name: 'c1' }, { class: 'host' }, { leader: 1 }, { leader: 4_999_999 }, { root: 'x' }].flatMap((changes) => [
    register(changes, alice),
    create(changes, alice),
  ]),
  register({ leader: '«spare-alice.pid»' }, alice),
  alice.properties('n'),
  alice.manager('UnregisterMachine', 's', 'n'),
  register({ leader: 0 }, alice),
  alice.properties('n'),
  alice.manager('UnregisterMachine', 's', 'n'),
];

export const registrationQuestions: readonly Asked[] = [
  ...refused,
  ...accepted,
  ...extendedRefused,
  ...extendedAccepted,
  ...lax,
  ...withoutCid,
  ...asAlice,
];
