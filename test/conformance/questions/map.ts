import { calls, machine, number, type Question } from '../question.ts';

const ids: readonly unknown[] = [
  ...[
    0, 1, 9, 10, 14, 15, 1000, 1001, 65533, 65534, 65535, 65536, 70000, 70009, 70010, 4294967294, 4294967295,
    4294967296,
  ],
  ...[-1, '0', null, 1.5, true, {}, []],
];

const hostIds: readonly unknown[] = [
  ...[
    0, 5, 1000, 65534, 65535, 65536, 65549, 65550, 100000, 100009, 100010, 150000, 200004, 300000, 400009, 1000000000,
  ],
  ...[1000065534, 1000065535, 1000065536, 4294967294, 4294967295, 4294967296, -1, '100000', null, 1.5],
  ...['c1.base-1', 'c1.base', 'c1.base+33', 'c1.base+65534', 'c1.base+65535', 'c1.base+65536'].map(number),
];

const from = (parameters?: unknown) => machine('MapFrom', parameters);
const to = (parameters?: unknown) => machine('MapTo', parameters);

export const mapQuestions: readonly Question[] = [
  ...calls(
    'map from',
    'machine',
    ids.map((uid) => from({ name: 'mapped', uid })),
  ),
  ...calls(
    'map from',
    'machine',
    ids.map((gid) => from({ name: 'mapped', gid })),
  ),
  ...calls(
    'map from',
    'machine',
    [0, 9, 10, 12, 15, 100, 104, 106, 119, 120].map((uid) => from({ name: 'low', uid })),
  ),
  ...calls('map from 65535', 'machine', [from({ name: 'low', uid: 105 })]),
  ...calls(
    'map from',
    'machine',
    ['c1', 'bare', 'plain', 'guest', 'sub', 'inside', '.host', 'nope', 'ah@', ''].flatMap((name) => [
      from({ name, uid: 5 }),
      from({ name, gid: 5 }),
      from({ name }),
    ]),
  ),
  ...calls('map from', 'machine', [
    from({ name: 'c1', uid: 0, gid: 5 }),
    from({ name: 'mapped', uid: 5, gid: 15 }),
    from({ name: 'mapped', uid: 15, gid: 5 }),
    from({ name: 'mapped', uid: 15, gid: 15 }),
    from({ uid: 0 }),
    from({}),
    from(),
    from({ pid: { pid: number('c1.leader.pid') }, uid: 0 }),
    from({ name: 'ah@', uid: -1 }),
    from({ uid: -1, name: 'nope' }),
    from({ name: 'c1', foo: 1 }),
    machine('MapFrom', { name: 'c1', uid: 0 }, { more: true }),
  ]),
  ...calls(
    'map to',
    'machine',
    hostIds.map((uid) => to({ uid })),
  ),
  ...calls(
    'map to',
    'machine',
    hostIds.map((gid) => to({ gid })),
  ),
  ...calls('map to', 'machine', [
    to(),
    to({}),
    to({ uid: null, gid: null }),
    to({ uid: 100000, gid: 150000 }),
    to({ uid: 100000, gid: number('c1.base') }),
    to({ uid: number('c1.base'), gid: 5 }),
    to({ uid: 5, gid: number('c1.base') }),
    to({ uid: 5, gid: 5 }),
    to({ uid: 100000, gid: 99999 }),
    to({ uid: 99999, gid: 150000 }),
    to({ uid: 99999, gid: 5 }),
    to({ uid: 5, gid: 99999 }),
    to({ foo: 1 }),
    to({ name: 'c1', uid: 100000 }),
  ]),
];
