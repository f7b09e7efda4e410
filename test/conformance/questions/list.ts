import { type CallFlags, calls, machine, message, number, type Question } from '../question.ts';
import { scenario } from '../scenario.ts';

const list = (parameters?: unknown, flags?: CallFlags) => machine('List', parameters, flags);
const more = { more: true };

const names: readonly unknown[] = [
  ...[
    '',
    'ah@??.hmm',
    'nope',
    'C1',
    'c1.',
    '.c1',
    'c_1',
    'é',
    'a'.repeat(64),
    'a'.repeat(65),
    'a'.repeat(5000),
    'host',
    '.Host',
  ],
  ...['a/b', '.', '..', '-', 'c1 ', ' c1', 'c1\n', 'web.example', 'Web.Example', null, 1, ['c1'], {}, true],
];

const c1 = number('c1.leader.pid');
const pidfdId = number('c1.leader.pidfdId');
const bootId = '«boot-id»';
const otherBootId = '00000000000000000000000000000001';

const processes: readonly unknown[] = [
  ...[
    { pid: c1 },
    { pid: number('bare.leader.pid') },
    { pid: number('guest.leader.pid') },
    { pid: number('sub.leader.pid') },
  ],
  ...[{ pid: number('inside.leader.pid') }, { pid: number('c1.supervisor.pid') }, { pid: number('c1.payload.pid') }],
  ...[
    { pid: number('root.pid') },
    { pid: 0 },
    { pid: 1 },
    { pid: 2 },
    { pid: -1 },
    { pid: 4194305 },
    { pid: 2147483647 },
  ],
  ...[
    { pid: 2147483648 },
    { pid: 4294967296 },
    { pid: '«c1.leader.pid»' },
    { pid: 'x' },
    { pid: 1.5 },
    { pid: null },
    {},
  ],
  ...[null, 5, '5', [], c1],
  ...[
    { pid: c1, pidfdId },
    { pid: c1, pidfdId, bootId },
    { pid: c1, pidfdId: number('root.pidfdId') },
  ],
  ...[
    { pid: c1, pidfdId: number('root.pidfdId'), bootId },
    { pid: c1, pidfdId: 0 },
    { pid: c1, pidfdId: -1 },
  ],
  ...[
    { pid: c1, bootId },
    { pid: c1, bootId: otherBootId },
    { pid: c1, pidfdId, bootId: otherBootId },
  ],
  ...[
    { pid: c1, bootId: 'nonsense' },
    { pid: c1, bootId: '' },
    { pid: c1, bootId: null },
    { pid: c1, pidfdId: null },
  ],
  ...[
    { pid: c1, pidfdId: 'x' },
    { pid: c1, foo: 1 },
    { pid: 0, pidfdId: 5 },
    { pid: 0, bootId },
    { pid: 1, bootId: otherBootId },
  ],
];

const severalFaults: readonly unknown[] = [
  { nmae: 'c1' },
  { name: 'c1', foo: 1 },
  { name: 'c1', foo: null },
  { name: 'ah@?', foo: 1 },
  { foo: 1, name: 'ah@?' },
  { name: 1, foo: 1 },
  { foo: 1, name: 1 },
  { name: '', pid: 5 },
  { pid: 5, name: '' },
  { name: '', acquireMetadata: 'x' },
  { acquireMetadata: 'x', name: '' },
  { name: 'ah@?', allowInteractiveAuthentication: null },
  { allowInteractiveAuthentication: null, foo: 1 },
  { name: 'ah@?', pid: { pid: -1 } },
  { name: 'nope', pid: { pid: -1 } },
  { pid: { pid: -1 }, name: null },
  { name: null, pid: { pid: -1 } },
];

export const listQuestions: readonly Question[] = [
  ...calls('list', 'machine', [list(), list({}), message('io.systemd.Machine.List', null), list({ name: null }, more)]),
  ...calls('list all', 'machine', [
    list({}, more),
    list(undefined, more),
    list({ pid: null }, more),
    list({ acquireMetadata: 'graceful' }, more),
  ]).map((question) => ({ ...question, unordered: true }) as Question),
  ...calls(
    'list one',
    'machine',
    [...scenario.map(({ name }) => name), '.host'].map((name) => list({ name })),
  ),
  ...calls(
    'list one',
    'machine',
    ['c1', '.host', 'nope'].map((name) => list({ name }, more)),
  ),
  ...calls(
    'list name',
    'machine',
    names.map((name) => list({ name })),
  ),
  ...calls(
    'list process',
    'machine',
    processes.map((pid) => list({ pid })),
  ),
  ...calls('list process', 'machine', [list({ pid: { pid: 0 } })], 'inside'),
  ...calls('list process', 'machine', [list({ pid: { pid: 0 } })], 'outside'),
  ...calls('list process', 'machine', [list({ pid: { pid: 0 } })], 'alice'),
  ...calls('list both', 'machine', [
    list({ name: 'c1', pid: { pid: c1 } }),
    list({ name: 'plain', pid: { pid: c1 } }),
    list({ name: '.host', pid: { pid: c1 } }),
    list({ name: '.host', pid: { pid: 1 } }),
    list({ name: 'nope', pid: { pid: c1 } }),
    list({ name: 'c1', pid: { pid: 1 } }),
    list({ name: 'c1', pid: { pid: 0 } }),
    list({ name: 'c1', pid: null }),
    list({ name: null, pid: { pid: c1 } }),
  ]),
  ...calls(
    'list metadata',
    'machine',
    [...scenario.map(({ name }) => name), '.host'].flatMap((name) =>
      ['yes', 'graceful', 'no'].map((acquireMetadata) => list({ name, acquireMetadata })),
    ),
  ),
  ...calls(
    'list metadata',
    'machine',
    ['maybe', 'YES', '', null, 1, true].map((acquireMetadata) => list({ name: 'c1', acquireMetadata })),
  ),
  ...calls('list metadata', 'machine', [
    list({ name: 'nope', acquireMetadata: 'yes' }),
    list({ pid: { pid: c1 }, acquireMetadata: 'yes' }),
  ]),
  ...calls(
    'list interactive',
    'machine',
    [true, false, null, 1, 'yes'].map((value) => list({ name: 'c1', allowInteractiveAuthentication: value })),
  ),
  ...calls(
    'list faults',
    'machine',
    severalFaults.map((parameters) => list(parameters)),
  ),
];
