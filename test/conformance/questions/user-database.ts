import { type CallFlags, calls, message, number, type Question, userdb } from '../question.ts';

const service = 'io.systemd.Machine';
const user = (parameters: object, flags?: CallFlags) => userdb('GetUserRecord', parameters, flags);
const group = (parameters: object, flags?: CallFlags) => userdb('GetGroupRecord', parameters, flags);
const memberships = (parameters: object, flags?: CallFlags) => userdb('GetMemberships', parameters, flags);
const anyUser = (parameters?: unknown, flags?: CallFlags) =>
  message('io.systemd.UserDatabase.GetUserRecord', parameters, flags);
const more = { more: true };

/** Bounds of the host's range, of a container's range, of 16 and 32 bits, and values that are no id. */
const ids: readonly unknown[] = [
  ...[0, 1, 999, 1000, 65533, 65534, 65535, 65536, 65537, 65549, 65550, 99999, 100000, 100009, 100010, 150000, 150010],
  ...[160000, 160004, 160005, 160006, 160009, 160010, 199999, 200000, 200004, 200005, 300000, 300001, 400000, 400009],
  ...[400010, 700000, 700009, 700010, 700099, 700100, 701999, 702000, 800000, 900000, 900001, 965535, 965536],
  ...[1000000000, 1000065533, 1000065534, 1000065535, 1000065536, 2147483647, 2147483648, 4294967293, 4294967294],
  ...[
    4294967295,
    4294967296,
    9007199254740993n.toString(),
    2 ** 62,
    -1,
    -2,
    1.5,
    true,
    null,
    '0',
    '1000',
    'root',
    [],
    {},
  ],
  ...['c1.base-1', 'c1.base', 'c1.base+1', 'c1.base+65533', 'c1.base+65534', 'c1.base+65535', 'c1.base+65536'].map(
    number,
  ),
];

/** Those of machines whose own names are too long or have a dot, their hashes by coreutils; and what is none. */
const shortNames: readonly string[] = [
  ...['vu-WebExa_we4xm6ubvy-0', 'vu-WebExa_we4xm6ubvy-65534', 'vu-WebExa_we4xm6ubvy-65535', 'vu-webexa_we4xm6ubvy-0'],
  ...['vu-a-name_uafs4oon44-0', 'vu-a-name_uafs4oon44-1999', 'vu-a-name_uafs4oon44-2000', 'vu-a-name_uafs4oon44-00'],
  ...['vu-WebExa_ao56qkvers-0', 'vu-c1_2d3ddsq53o-0', 'vu-WebExa_we4xm6ubvy', 'vu-_we4xm6ubvy-0'],
];

/** User names are these, group names have vg- for vu-. */
const names: readonly string[] = [
  ...[
    'vu-c1-0',
    'vu-c1-33',
    'vu-c1-1000',
    'vu-c1-65533',
    'vu-c1-65534',
    'vu-c1-65535',
    'vu-c1-65536',
    'vu-c1-4294967294',
  ],
  ...[
    'vu-c1-4294967295',
    'vu-c1-4294967296',
    'vu-c1-18446744073709551616',
    'vu-c1-00',
    'vu-c1-01',
    'vu-c1-+1',
    'vu-c1--1',
  ],
  ...[
    'vu-c1- 1',
    'vu-c1-0x1',
    'vu-c1-1e1',
    'vu-c1-',
    'vu-c1',
    'vu-',
    'vu',
    'vu--',
    'vu--0',
    'v-c1-0',
    'vu_c1_0',
    'vx-c1-0',
  ],
  ...['VU-c1-0', 'vu-C1-0', 'vu-c2-0', 'vu-.host-0', 'vu-c1-0-0', 'vu-bare-0', 'vu-bare-65534', 'vu-bare-65535'],
  ...['vu-guest-0', 'vu-mapped-0', 'vu-mapped-9', 'vu-mapped-10', 'vu-mapped-14', 'vu-mapped-15'],
  ...['vu-mapped-999', 'vu-mapped-1000', 'vu-mapped-1001', 'vu-mapped-65530', 'vu-mapped-65535', 'vu-mapped-65536'],
  ...['vu-mapped-70000', 'vu-mapped-70009', 'vu-mapped-70010', 'vu-low-106', 'vu-low-119', 'vu-low-120', 'vu-low-15'],
  ...['vu-a-name-that-just-about-fits-0', 'vu-a-name-that-just-about-fits-10', 'vu-Web.Example-0', 'vu-web.example-0'],
  ...shortNames,
  ...[
    'vu-a-1-0',
    'vu-a-1-1',
    'vu-a-1',
    'vu-a-0',
    'root',
    'nobody',
    'ah@??',
    'ä',
    'vu-ä-0',
    '',
    ' ',
    'vu-c1-0 ',
    ' vu-c1-0',
  ],
  ...['vu-c1-0\n', 'vu-c1-0\t', 'a/b', '.', '..', ':', 'a:b', '-', '-x', '0', '65534', '00', `vu-${'a'.repeat(64)}-0`],
  ...['a'.repeat(255), 'a'.repeat(256), 'a'.repeat(300), 'a'.repeat(5000)],
];

/** The names of users whose uid is the host's: systemd-machined gives them out. */
const hostNames: readonly string[] = [
  ...['vu-plain-0', 'vu-plain-5', 'vu-plain-65534', 'vu-plain-70000', 'vu-sub-0', 'vu-inside-1000'],
  ...['vu-low-0', 'vu-low-9', 'vu-low-10', 'vu-low-14', 'vu-low-100', 'vu-low-104'],
];

const asGroup = (name: string) => name.replace(/^vu-/, 'vg-');

const pairs: readonly object[] = [
  { uid: number('c1.base'), userName: 'vu-c1-0' },
  { uid: number('c1.base+1'), userName: 'vu-c1-0' },
  { uid: number('c1.base'), userName: 'root' },
  { uid: number('c1.base'), userName: 'ah@??' },
  { uid: number('c1.base'), userName: '' },
  { uid: number('c1.base'), userName: 'vg-c1-0' },
  { uid: number('c1.base+65536'), userName: 'vu-c1-0' },
  { uid: 0, userName: 'vu-plain-0' },
  { uid: 5, userName: 'vu-c1-0' },
  { uid: 100000, userName: 'vu-mapped-0' },
  { userName: 'vu-mapped-0', uid: 100000 },
];

/** Fields of the interface that narrow a search. */
const filters: readonly object[] = [
  ...[{ fuzzyNames: ['c1'] }, { fuzzyNames: ['nothing like it'] }, { fuzzyNames: [] }],
  ...[{ dispositionMask: ['container'] }, { dispositionMask: ['system'] }, { dispositionMask: ['nonsense'] }],
  ...[{ uidMin: 1000 }, { uidMin: 4294967294 }, { uidMax: 4294967294 }, { uidMax: 5 }],
];

/** The same, with values that no service takes. */
const badFilters: readonly object[] = [
  ...[{ fuzzyNames: [null] }, { fuzzyNames: [5] }, { fuzzyNames: 'x' }, { dispositionMask: [5] }],
  ...[{ uidMin: 1.5 }, { uidMax: [] }, { uuid: 5 }],
];

const badServices: readonly unknown[] = [
  '',
  'x',
  'io.systemd.machine',
  'io.systemd.Multiplexer',
  null,
  5,
  ['io.systemd.Machine'],
];

const severalFaults: readonly unknown[] = [
  undefined,
  {},
  { uid: 'x', service: 'x' },
  { service: 'x', uid: 'x' },
  { service: 'x', uid: true },
  { uid: 0, service: 'x', foo: 1 },
  { foo: 1, uid: 0, service: 'x' },
  { foo: 1, uid: 'x' },
  { bar: 1, foo: 1, service },
  { userName: 'ah@??', service: 'x' },
  { userName: '', service: 'x' },
  { userName: 5, uid: 'x', service: 5 },
  { userName: '', uid: -1, service },
  { uid: -1, userName: '', service },
  { uid: 'x' },
  { foo: 1 },
  { foo: null, service },
  { gid: 1, service },
];

export const userDatabaseQuestions: readonly Question[] = [
  ...calls(
    'userdb by uid',
    'userdb',
    ids.map((uid) => user({ uid })),
  ),
  ...calls(
    'userdb by gid',
    'userdb',
    ids.map((gid) => group({ gid })),
  ),
  ...calls(
    'userdb by name',
    'userdb',
    names.map((userName) => user({ userName })),
  ),
  ...calls(
    'userdb by name',
    'userdb',
    names.map((name) => group({ groupName: asGroup(name) })),
  ),
  ...calls(
    'userdb host user',
    'userdb',
    hostNames.map((userName) => user({ userName })),
  ),
  ...calls(
    'userdb host group',
    'userdb',
    ['vg-plain-0', 'vg-low-100', 'vg-inside-5'].map((groupName) => group({ groupName })),
  ),
  ...calls(
    'userdb host group',
    'userdb',
    ['vg-low-65536', 'vg-low-100000', 'vg-low-4294967294'].map((groupName) => group({ groupName })),
  ),
  ...calls('userdb user 65535', 'userdb', [user({ userName: 'vu-low-105' }), user({ userName: 'vu-plain-65535' })]),
  ...calls(
    'userdb both',
    'userdb',
    pairs.map((pair) => user(pair)),
  ),
  ...calls('userdb both', 'userdb', [
    group({ gid: 150000, groupName: 'vg-mapped-0' }),
    group({ gid: 150001, groupName: 'vg-mapped-0' }),
    group({ gid: 150000, groupName: 'vu-mapped-0' }),
    group({ gid: 5, groupName: 'vg-mapped-5' }),
  ]),
  ...calls('userdb all', 'userdb', [user({}), user({}, more), group({}), group({}, more)]),
  ...calls('userdb more', 'userdb', [
    user({ uid: 100000 }, more),
    user({ userName: 'vu-c1-0' }, more),
    user({ userName: 'nobody' }, more),
    group({ gid: 150000 }, more),
    user({ uid: 100000 }, { oneway: true }),
    user({ uid: 100000 }, { more: false }),
  ]),
  ...calls(
    'userdb filter',
    'userdb',
    filters.map((filter) => user({ uid: number('c1.base'), ...filter })),
  ),
  ...calls(
    'userdb filter',
    'userdb',
    filters.map((filter) => user({ userName: 'vu-mapped-0', ...filter }, more)),
  ),
  ...calls('userdb filter', 'userdb', [
    group({ gid: 150000, gidMin: 150000 }),
    group({ gid: 150000, gidMax: 149999 }),
    group({ gid: 150000, fuzzyNames: ['mapped'] }),
  ]),
  ...calls(
    'userdb filter all',
    'userdb',
    filters.map((filter) => user(filter, more)),
  ),
  ...calls(
    'userdb bad filter',
    'userdb',
    badFilters.map((filter) => user({ uid: number('c1.base'), ...filter })),
  ),
  ...calls(
    'userdb service',
    'userdb',
    badServices.map((value) => anyUser({ uid: number('c1.base'), service: value })),
  ),
  ...calls(
    'userdb service',
    'userdb',
    badServices.map((value) => anyUser({ service: value }, more)),
  ),
  ...calls(
    'userdb faults',
    'userdb',
    severalFaults.map((parameters) => anyUser(parameters)),
  ),
  ...calls('userdb memberships', 'userdb', [
    memberships({}),
    memberships({}, more),
    memberships({ userName: 'vu-c1-0' }),
    memberships({ userName: 'vu-c1-0' }, more),
    memberships({ groupName: 'vg-c1-0' }, more),
    memberships({ userName: 'vu-c1-0', groupName: 'vg-c1-0' }, more),
    memberships({ userName: 'nobody' }),
    memberships({ userName: 'ah@??' }),
    memberships({ userName: '' }),
    memberships({ groupName: '' }),
    memberships({ userName: 5 }),
    memberships({ userName: null }),
    memberships({ uid: 5 }),
    message('io.systemd.UserDatabase.GetMemberships'),
    message('io.systemd.UserDatabase.GetMemberships', { service: 'x' }),
    message('io.systemd.UserDatabase.GetMemberships', { service: null }),
    message('io.systemd.UserDatabase.GetMemberships', { userName: '', service: 'x' }),
    message('io.systemd.UserDatabase.GetMemberships', { foo: 1 }),
  ]),
];
