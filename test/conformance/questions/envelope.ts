import { calls, machine, message, type Question, type Socket } from '../question.ts';

const ping = '{"method":"io.systemd.service.Ping"}';
const sockets: readonly Socket[] = ['machine', 'userdb'];

/** Methods that nobody has. */
const unknown: readonly string[] = [
  ...[
    'org.varlink.service.Nope',
    'com.example.Foo',
    'Foo',
    'io.systemd.Machine.Nope',
    'io.systemd.Machine.list',
    '',
    '.',
    'a.',
    '.a',
  ],
  ...[
    'io.systemd.Machine.List.',
    'io.systemd.machine.List',
    'é.X',
    'io.systemd.Machine..List',
    'io.systemd.Machine',
    'io.systemd.Resolve.Hook.X',
  ],
  ...['io.systemd.UserDatabase.Nope', 'io.systemd.service.Nope', 'a b', 'a\nb', 'x'.repeat(5000)],
];

/** Whole messages, with their NULs. */
const messages: readonly string[] = [
  ...[
    '{}\0',
    '[]\0',
    '5\0',
    '"x"\0',
    'null\0',
    'true\0',
    '\0',
    ' \0',
    'garbage\0',
    '{"method":5}\0',
    '{"method":null}\0',
  ],
  ...['null', '{}', '[]', '5', '"x"', 'true', '{"x":1}', '{"x":null}'].map(
    (value) => `{"method":"io.systemd.service.Ping","parameters":${value}}\0`,
  ),
  ...['more', 'oneway', 'upgrade', 'continues', 'error', 'foo'].flatMap((key) =>
    ['true', 'false', 'null', '"x"', '0'].map((value) => `{"method":"io.systemd.service.Ping","${key}":${value}}\0`),
  ),
  '{"method":"io.systemd.service.Ping","oneway":true,"more":true}\0',
  '{"method":"io.systemd.service.Ping","oneway":true,"more":false}\0',
  '{"method":"io.systemd.Machine.List","oneway":true}\0',
  '{"method":"io.systemd.Machine.List","oneway":true,"parameters":{"foo":1}}\0',
  '{"method":"Nope","oneway":true}\0',
  '{"method":"Nope","more":true}\0',
  '{"method":"io.systemd.service.Ping"\0',
  '{"method":"io.systemd.service.Ping"}}\0',
  '{"method":"io.systemd.service.Ping"} \n\t\r\0',
  ' \n\t\r{"method":"io.systemd.service.Ping"}\0',
  '\ufeff{"method":"io.systemd.service.Ping"}\0',
  '{"method":"io.systemd.service.Ping","method":"io.systemd.service.Ping"}\0',
  '{"parameters":{},"method":"io.systemd.service.Ping"}\0',
  "{'method':'io.systemd.service.Ping'}\0",
  '{"method":"io.systemd.service.Ping",}\0',
  '{"method":"io.systemd.service.Ping" /* c */}\0',
  '{"method" : "io.systemd.service.Ping" , "parameters" : { } }\0',
  '{"\\u006dethod":"io.systemd.service.Ping"}\0',
  '{"method":"io.systemd.service.Ping\\u0000"}\0',
  '{"method":"io.systemd.service.Ping","\\u0000":1}\0',
  '{"method":"io.systemd.service.Ping\xff"}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"\xc3\x28":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"\xed\xa0\x80":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"\\ud800":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"\\ud83d\\ude00":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"a\nb":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"a\\nb":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"a\\qb":1}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"a":1,"a":2}}\0',
  '{"method":"io.systemd.service.Ping","parameters":{"__proto__":1}}\0',
  ...[
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '1e400',
    '-0',
    '1E2',
    '0x10',
    'NaN',
    'Infinity',
    '-',
    '1e-400',
    '18446744073709551616',
  ].map((literal) => `{"method":"io.systemd.service.SetLogLevel","parameters":{"level":${literal}}}\0`),
  ...[100, 1000, 2040, 2045, 2046, 2047, 2048, 5000].map(
    (depth) => `{"method":"io.systemd.service.Ping","parameters":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}\0`,
  ),
  `${ping}\0${ping}\0`,
  `${ping}\0{"method":"io.systemd.Machine.List"}\0{"method":"io.systemd.service.GetLogLevel"}\0`,
  `{"method":"io.systemd.service.Ping","oneway":true}\0{"method":"io.systemd.service.GetLogLevel"}\0`,
  `{"method":"io.systemd.Machine.List","parameters":{"name":"plain"},"more":true}\0${ping}\0`,
  `{"method":"io.systemd.Machine.Nope"}\0${ping}\0`,
  `${ping}\0garbage\0${ping}\0`,
  `${ping}\0{"method":"io.systemd.service.Ping","foo":1}\0${ping}\0`,
  `{"method":"org.varlink.service.GetInfo","oneway":true}\0{"method":"Nope","oneway":true}\0${ping}\0`,
  `${`${ping}\0`.repeat(50)}`,
];

const interfaces: readonly unknown[] = [
  'org.varlink.service',
  'io.systemd',
  'io.systemd.service',
  '',
  'x',
  'com.example.Nope',
  'not valid!',
  null,
  5,
];

const describe = (parameters?: unknown) => message('org.varlink.service.GetInterfaceDescription', parameters);
const set = (parameters?: unknown) => message('io.systemd.service.SetLogLevel', parameters);

export const envelopeQuestions: readonly Question[] = [
  ...calls(
    'no such method',
    'machine',
    unknown.map((method) => message(method, {})),
  ),
  ...calls('no such method', 'userdb', [
    message('io.systemd.Machine.List'),
    message('io.systemd.service.Ping'),
    message('Foo'),
  ]),
  ...calls('no such method', 'machine', [message('io.systemd.UserDatabase.GetUserRecord')]),
  ...messages.map(
    (text): Question => ({ id: `message: ${brief(text)}`, kind: 'bytes', socket: 'machine', send: text }),
  ),
  ...['{}\0', 'garbage\0', '{"method":"Foo","x":1}\0'].map(
    (text): Question => ({ id: `message to userdb: ${brief(text)}`, kind: 'bytes', socket: 'userdb', send: text }),
  ),
  ...sockets.flatMap((socket) => [
    ...calls(`info of ${socket}`, socket, [
      message('org.varlink.service.GetInfo'),
      message('org.varlink.service.GetInfo', {}),
    ]),
    ...calls(`info of ${socket}`, socket, [message('org.varlink.service.GetInfo', { foo: 1 })]),
    ...calls(`description from ${socket}`, socket, [
      describe(),
      describe({}),
      describe({ interface: 'io.systemd.Machine' }),
      describe({ interface: 'io.systemd.UserDatabase' }),
    ]),
    ...calls(
      `description from ${socket}`,
      socket,
      interfaces.map((name) => describe({ interface: name })),
    ),
  ]),
  ...calls('description from machine', 'machine', [describe({ interface: 'io.systemd.Machine', foo: 1 })]),
  ...calls('service', 'machine', [
    message('io.systemd.service.Ping', { x: 1 }),
    message('io.systemd.service.GetLogLevel', {}),
    set({ level: 7 }),
    message('io.systemd.service.GetLogLevel'),
    ...[8, -1, '5', null, 'x', 1.5, 0].map((level) => set({ level })),
    set({}),
    set(),
    set({ level: 6, foo: 1 }),
    set({ level: 6 }),
    message('io.systemd.service.GetLogLevel', null),
    message('io.systemd.service.GetEnvironment', { foo: 1 }),
    message('io.systemd.service.Reload'),
    message('io.systemd.service.Reload', { allowInteractiveAuthentication: true }),
  ]),
  ...calls('other methods', 'machine', [
    machine('Open', { name: 'guest', mode: 'tty' }),
    machine('Open', { name: 'nope', mode: 'tty' }),
    machine('Open', { name: 'ah@', mode: 'tty' }),
    machine('Open', { name: 'nope', mode: 'x' }),
    machine('Open', { name: 'nope' }),
    ...['BindMount', 'CopyFrom', 'CopyTo'].flatMap((method) => [
      machine(method, { name: 'guest', source: '/a' }),
      machine(method, { name: 'guest', source: 'a' }),
      machine(method, { name: 'plain', source: '/a/../b' }),
      machine(method, { name: 'nope', source: '/a' }),
      machine(method, { name: 'nope' }),
      machine(method, { name: '.host', source: '/etc' }),
    ]),
    ...['guest', 'nope', 'ah@'].map((name) => machine('OpenRootDirectory', { name })),
    machine('OpenRootDirectory', {}),
  ]),
];

function brief(text: string): string {
  const shown = text.replaceAll('\0', '␀').replaceAll('\n', '␊').replaceAll('io.systemd.service.', '');
  return shown.length > 140 ? `${shown.slice(0, 120)}…(${text.length})` : shown;
}
