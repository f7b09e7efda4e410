import { callsOf } from './calls.ts';
import type { Asked } from './exchange.ts';
import { scenario } from './scenario.ts';

const root = callsOf('root');
const alice = callsOf('alice');
const names = [...scenario.map(({ name }) => name), '.host', 'nope', '', 'in/valid', 'a'.repeat(65), 'self'];
const elements = ['c1', 'bare', 'plain', 'guest', '_32x_2ey_2d1', 'owned', '_2ehost', 'nope'];

/** What changes nothing and is for everybody. */
const forEverybody = (calls: typeof root): Asked[] => [
  ...['GetMachine', 'GetMachineAddresses', 'GetMachineSSHInfo', 'GetMachineUIDShift'].flatMap((member) =>
    names.map((name) => calls.manager(member, 's', name)),
  ),
  ...elements.flatMap((element) => [
    calls.properties(element),
    ...['GetAddresses', 'GetSSHInfo', 'GetUIDShift'].map((member) => calls.machine(element, member)),
  ]),
  calls.properties(),
  calls.manager('ListMachines'),
];

const byProcess = [
  ...[0, 1, 4_999_999, 2 ** 31, 2 ** 32 - 1, '«c1.pid»', '«guest.pid»', '«spare-root.pid»', '«asker.pid»'].map((pid) =>
    root.manager('GetMachineByPID', 'u', pid),
  ),
  root.machine('self', 'GetUIDShift'),
  root.properties('self'),
];

const inside = [0, 5, 1000, 65_534, 65_535, 65_536, 70_003, 70_010, 2 ** 32 - 1];
const outside = [
  0,
  65_535,
  65_536,
  100_003,
  100_010,
  400_003,
  1_331_822_592,
  1_331_822_625,
  1_331_888_127,
  1_331_888_128,
  2 ** 32 - 1,
];
const ids = ['User', 'Group'].flatMap((kind) => [
  ...['c1', 'bare', 'plain', 'guest', '.host', 'nope', ''].flatMap((name) =>
    inside.map((id) => root.manager(`MapFromMachine${kind}`, 'su', name, id)),
  ),
  ...outside.map((id) => root.manager(`MapToMachine${kind}`, 'u', id)),
]);

const osRelease = [root, alice].flatMap((calls) => [
  ...['c1', 'bare', 'guest', 'nope', ''].map((name) => calls.manager('GetMachineOSRelease', 's', name)),
  ...['c1', 'bare'].map((element) => calls.machine(element, 'GetOSRelease')),
]);

export const lookupQuestions: readonly Asked[] = [
  ...forEverybody(root),
  ...byProcess,
  ...ids,
  ...forEverybody(alice),
  ...osRelease,
];
