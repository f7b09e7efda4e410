import { calls, machine, message, number, type Question } from '../question.ts';

const spare = number('spare.pid');
const leader = { leader: spare };
const basics = { name: 't1', class: 'container' };
const hex = '0123456789abcdef0123456789abcdef';
const otherBootId = '00000000000000000000000000000001';

/** Registers, looks, and unregisters, whether the first has worked or not. */
function registered(area: string, parameters: Readonly<Record<string, unknown>>): Question {
  const name = typeof parameters['name'] === 'string' ? parameters['name'] : 't1';
  const [question] = calls(area, 'machine', [machine('Register', parameters)]) as [Question];
  const send = [machine('Register', parameters), machine('List', { name })];
  // The host itself can be unregistered, with odd results.
  if (name === '.host') return { id: question.id, kind: 'call', socket: 'machine', send };
  return {
    id: question.id,
    kind: 'call',
    socket: 'machine',
    send: [...send, machine('Unregister', { name })],
    leaves: name,
  };
}

/** The same with the state file in between. */
function kept(area: string, parameters: Readonly<Record<string, unknown>>): Question[] {
  const [first] = calls(area, 'machine', [machine('Register', parameters)]) as [Question];
  return [
    first,
    { id: `${first.id}: state file`, kind: 'file', path: '/run/systemd/machines/t1' },
    {
      id: `${first.id}: away`,
      kind: 'call',
      socket: 'machine',
      send: [machine('Unregister', { name: 't1' })],
      leaves: 't1',
    },
  ];
}

const processes: readonly unknown[] = [
  ...[{ pid: spare }, { pid: spare, pidfdId: number('spare.pidfdId') }, { pid: spare, bootId: '«boot-id»' }],
  ...[{ pid: spare, pidfdId: number('spare.pidfdId'), bootId: '«boot-id»' }, { pid: '«spare.pid»' }],
  ...[
    { pid: spare, pidfdId: number('root.pidfdId') },
    { pid: spare, pidfdId: number('root.pidfdId'), bootId: '«boot-id»' },
  ],
  ...[
    { pid: spare, bootId: otherBootId },
    { pid: spare, pidfdId: number('spare.pidfdId'), bootId: otherBootId },
  ],
  ...[
    { pid: spare, bootId: hex.toUpperCase() },
    { pid: spare, bootId: 'x' },
    { pid: spare, pidfdId: 0 },
  ],
  ...[
    { pid: spare, pidfdId: 1, bootId: null },
    { pid: spare, pidfdId: null, bootId: null },
    { pid: spare, pidfdId: -1 },
  ],
  ...[{ pid: spare, foo: 1 }, {}, null, 5, [], { pid: number('gone.pid') }, { pid: number('gone.pid'), pidfdId: 77 }],
  ...[{ pid: 0 }, { pid: 1 }, { pid: -1 }, { pid: 2147483648 }, { pid: number('root.thread.pid') }],
];

const numbers: readonly unknown[] = [
  ...[
    spare,
    '«spare.pid»',
    number('root.pid'),
    number('gone.pid'),
    number('root.thread.pid'),
    0,
    1,
    2,
    -1,
    -5,
    4194305,
  ],
  ...[2147483647, 2147483648, 4294967296, 1.5, null, 'x', '', true, {}, [], { pid: spare }],
];

const names: readonly unknown[] = [
  ...[
    'T1',
    't_1',
    '.t1',
    't1.',
    't..1',
    'a'.repeat(63),
    'a'.repeat(64),
    'a'.repeat(65),
    'é',
    'a/b',
    '',
    '.host',
    'host',
  ],
  ...[
    '-a',
    'a-',
    'a.b',
    'a.-b',
    'a-.b',
    '1',
    '1.2.3.4',
    'localhost',
    'a b',
    'a\n',
    'xn--p1ai',
    'A.b',
    '_a',
    'a:b',
    'a@b',
  ],
  ...[
    'gateway',
    '_gateway',
    'unit:a',
    '*',
    '..',
    '.',
    '-',
    `${'a'.repeat(32)}.${'b'.repeat(31)}`,
    `${'a.'.repeat(32)}a`,
  ],
  ...[null, 5, true, ['a'], {}],
];

/** Values of the fields that have a rule of their own, good and bad. */
const fields: Readonly<Record<string, readonly unknown[]>> = {
  class: ['container', 'vm', 'host', 'bad', '', 'Container', 'con_tainer', null, 5],
  id: [
    ...[hex, '01234567-89ab-cdef-0123-456789abcdef', hex.toUpperCase(), hex.slice(1), `${hex}0`, 'g'.repeat(32)],
    ...['0'.repeat(32), '00000000-0000-0000-0000-000000000000', 'f'.repeat(32), '', 'x', null, 5, [1]],
    ...['01234567-89abcdef-0123-456789abcdef', '0123456789abcdef-0123456789abcde'],
  ],
  service: ['svc', '', 'a b', 'é', 'a"b\\', 'x'.repeat(300), '{}', '\t', '$x', 'a\u0001b\u007f', '😀\u2028', null, 5],
  rootDirectory: [
    ...[
      '/',
      '/nonexistent',
      'relative',
      '',
      '/a//b',
      '/a/',
      '/a//',
      '/a/../b',
      '/a/./b',
      '//',
      '/é',
      '/a b',
      '/..',
      '/.',
      './a',
    ],
    ...[`/${'x'.repeat(255)}`, `/${'x'.repeat(256)}`, '/x'.repeat(2047), '/x'.repeat(2048), '/...', '/.a', null, 5],
  ],
  ifIndices: [
    ...[[], [1], [1, 1], [3, 2, 1], [999], [0], [-1], [null], ['1'], [1.5], [2147483647], [2147483648], [1, null]],
    ...[Array(300).fill(1), [[1]], null, 5, {}, 'x'],
  ],
  vSockCid: [0, 1, 2, 3, 4, 2147483648, 4294967294, 4294967295, 4294967296, 4294967299, -1, null, '3', 'x', 3.5, {}],
  sshAddress: [
    'vsock/3',
    'unix/a',
    'a@b',
    '',
    'a b',
    'é',
    'x\ny',
    'x\ty',
    '-oFoo',
    'a\u007f',
    null,
    5,
    'x'.repeat(300),
  ],
  sshPrivateKeyPath: ['/a/key', 'rel', '', '/a//b', '/a/../b', '/', '~/x', '/a\nb', null, 5],
  controlAddress: [
    ...['/run/x', 'unix:/run/x', 'rel', '', '@abs', '/a//b', '/a/../b', '/a/', '/', '/a b', 'exec:/bin/true', null, 5],
    `/${'x'.repeat(200)}`,
  ],
  supervisor: [1, number('spare.pid'), 2147483648, -1, 0, null, 'x', {}],
  supervisorProcessId: [{ pid: 1 }, { pid: number('spare.pid') }, { pid: -1 }, {}, null, 5],
  allocateUnit: [false, null, 'yes', 1],
  allowInteractiveAuthentication: [true, false, null, 1],
  foo: [1, null],
};

const severalFaults: readonly unknown[] = [
  undefined,
  {},
  { foo: 1 },
  { class: 'bad', foo: 1 },
  { leader: -1, name: 't_1', class: 'bad' },
  { leader: -1, name: 't_1', class: 'container' },
  { name: 't_1', leader: -1, class: 'container' },
  { class: 'host', name: 't_1', ...leader },
  { ...basics, class: 'host', id: 'x' },
  { ...basics, class: 'host', leader: -1 },
  { class: 'host', leader: -1, name: 't1' },
  { name: 't_1', class: 'container', foo: 1 },
  { ...basics, id: 'x', foo: 1 },
  { foo: 1, bar: 2, ...basics },
  { service: 5, id: 5, name: 5, class: 5 },
  { ...basics, ...leader, id: 'x', rootDirectory: 'x' },
  { rootDirectory: 'x', id: 'x', ...basics },
  { vSockCid: 0, ifIndices: [0], ...basics, ...leader },
  { leader: 'x', class: 'bad', name: 't1' },
  { ifIndices: 5, class: 'container', name: '_' },
  { ...basics, ifIndices: [null], id: 'x' },
  { ...basics, id: 'x', ifIndices: [null] },
  { ...basics, id: 'x', ifIndices: [0] },
  { ...basics, id: null, foo: 1 },
  { ...basics, rootDirectory: 'x', allocateUnit: null },
  { ...basics, allocateUnit: null, rootDirectory: 'x' },
  { ...basics, leader: -1, leaderProcessId: { pid: 1 } },
  { ...basics, leaderProcessId: { pid: 1 }, leader: -1 },
  { name: 'c1', class: 'container', leader: -1 },
  { name: 'c1', class: 'host', ...leader },
];

const everything = {
  ...basics,
  ...leader,
  id: hex,
  service: 'svc',
  rootDirectory: '/x',
  ifIndices: [1, 2],
  vSockCid: 42,
  sshAddress: 'vsock/42',
  sshPrivateKeyPath: '/k',
  controlAddress: '/run/c',
};

export const registerQuestions: readonly Question[] = [
  ...numbers.map((value) => registered('register leader', { ...basics, leader: value })),
  ...processes.map((value) => registered('register process', { ...basics, leaderProcessId: value })),
  registered('register leader', basics),
  registered('register leader', { ...basics, ...leader, leaderProcessId: { pid: spare } }),
  registered('register leader', { ...basics, ...leader, leaderProcessId: { pid: number('root.pid') } }),
  registered('register leader', { ...basics, leaderProcessId: { pid: number('root.pid') }, ...leader }),
  registered('register unit', { ...basics, leader: number('outside.pid') }),
  ...names.map((name) => registered('register name', { name, class: 'container', ...leader })),
  ...Object.entries(fields).flatMap(([field, values]) =>
    values.map((value) => registered(`register ${field}`, { ...basics, ...leader, [field]: value })),
  ),
  registered('register missing', { class: 'container', ...leader }),
  registered('register missing', { name: 't1', ...leader }),
  ...severalFaults.map((parameters) => {
    const [question] = calls('register faults', 'machine', [machine('Register', parameters)]) as [Question];
    return question;
  }),
  ...calls('register taken', 'machine', [
    machine('Register', { name: 'c1', class: 'container', ...leader }),
    machine('Register', { name: 'c1', class: 'vm', leader: number('c1.leader.pid') }),
    machine('Register', { name: 't1', class: 'container', leader: number('c1.leader.pid') }),
    machine('Register', { name: 't1', class: 'container', leader: number('plain.leader.pid') }),
    machine('Register', { name: 't1', class: 'container', leader: number('plain.other.pid') }),
    machine('List', { name: 't1' }),
  ]),
  ...kept('register state', { ...basics, ...leader }),
  ...kept('register state', everything),
  ...['a b', 'a"b\\', 'é', '', '{}', '\t', '$x`', "it's", '#', 'a=b', '-'].flatMap((service) =>
    kept('register state', { ...basics, ...leader, service }),
  ),
  ...[[1], [3, 2, 1], []].flatMap((ifIndices) => kept('register state', { ...basics, ...leader, ifIndices })),
  ...kept('register state', { ...basics, ...leader, rootDirectory: '/a b', sshAddress: '', id: '0'.repeat(32) }),
  {
    id: 'register one way',
    kind: 'call',
    socket: 'machine',
    send: [
      message('io.systemd.Machine.Register', { ...basics, ...leader }, { oneway: true }),
      machine('List', { name: 't1' }),
      machine('Unregister', { name: 't1' }),
    ],
    leaves: 't1',
  },
];
