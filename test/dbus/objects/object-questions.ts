import type { JsonValue, Question } from './question.ts';

// Calls that show how sd-bus finds objects, methods and properties, and what it says when there are none. The machines
// are .host, 2x, a, f-2 and z.y.

export const machineNames: readonly string[] = ['2x', 'a', 'f-2', 'z.y'];

const root = '/org/freedesktop/machine1';
const host = `${root}/machine/_2ehost`;
const manager = `org.freedesktop.machine1.Manager`;
const machine = `org.freedesktop.machine1.Machine`;
const standard = 'org.freedesktop.DBus';
const logControl = 'org.freedesktop.LogControl1';
const logPath = '/org/freedesktop/LogControl1';

const text = (value: string) => ({ signature: 's', value });
const get = (path: string, ...body: readonly JsonValue[]) => call(path, `${standard}.Properties.Get`, ...body);
const getAll = (path: string, ...body: readonly JsonValue[]) => call(path, `${standard}.Properties.GetAll`, ...body);
const set = (path: string, ...body: readonly JsonValue[]) => call(path, `${standard}.Properties.Set`, ...body);
const level = (...body: readonly JsonValue[]) => set(logPath, logControl, 'LogLevel', ...body);
const target = (...body: readonly JsonValue[]) => set(logPath, logControl, 'LogTarget', ...body);
const asNobody = (question: Question): Question => ({ ...question, as: 'nobody' });

/** A call of strings, numbers (u), lists of strings and variants; without an interface when the method has no dot. */
function call(path: string, method: string, ...body: readonly JsonValue[]): Question {
  const dot = method.lastIndexOf('.');
  const signature = body.map((value) =>
    typeof value === 'string' ? 's' : typeof value === 'number' ? 'u' : Array.isArray(value) ? 'as' : 'v',
  );
  return {
    path,
    ...(dot === -1 ? {} : { interface: method.slice(0, dot) }),
    member: method.slice(dot + 1),
    ...(body.length === 0 ? {} : { signature: signature.join(''), body }),
  };
}

const everywhere = [
  '/',
  '/org',
  '/org/freedesktop',
  logPath,
  root,
  `${root}/image`,
  `${root}/image/_2ehost`,
  `${root}/machine`,
  host,
  `${root}/machine/_32x`,
  `${root}/machine/nope`,
  `${root}/machine/_2ehost/x`,
  '/nope/nope',
];

const introspection = [
  ...everywhere.map((path) => call(path, `${standard}.Introspectable.Introspect`)),
  ...[root, '/nope', `${root}/machine/nope`].map((path) => call(path, `${standard}.Introspectable.Introspect`, 'x')),
  call(root, `${standard}.Introspectable.Nope`),
  call('/org', `${standard}.Introspectable.Nope`),
];

const peer = [
  ...everywhere.map((path) => call(path, `${standard}.Peer.Ping`)),
  call(root, `${standard}.Peer.Ping`, 'x'),
  call(root, `${standard}.Peer.Nope`),
  call('/nope/nope', `${standard}.Peer.Nope`),
];

const methods = [
  ...everywhere.map((path) => call(path, `${manager}.Nope`)),
  ...everywhere.map((path) => call(path, 'org.nope.Nope.Foo')),
  ...everywhere.map((path) => call(path, 'Foo')),
  ...everywhere.map((path) => call(path, `${machine}.GetUIDShift`, 'x')),
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((name) => call(root, `${manager}.${name}`)),
  ...['constructor', '__proto__', 'valueOf'].map((name) => call(root, `${standard}.Properties.${name}`)),
  call(root, '__proto__.__proto__.toString'),
  ...['ListMachines', 'Ping', 'GetMachineId', 'Introspect'].map((name) => call(root, name)),
  call(root, 'Get', manager, 'PoolPath'),
  call(host, 'GetUIDShift'),
  call(root, `${manager}.GetMachine`),
  call(root, `${manager}.GetMachine`, 5),
  call(root, `${manager}.GetMachine`, 'a', 'a'),
  call(root, `${manager}.GetMachine`, ['a']),
  call(root, `${manager}.ListMachines`, 'x'),
  call(root, `${manager}.CreateMachine`, 'x'),
  call(root, `${manager}.CreateMachineEx`, 'x', text('x')),
  call(root, `${manager}.MachineNew`, 'x'),
  call(root, `${manager}.PoolPath`),
  call(root, `${standard}.ObjectManager.GetManagedObjects`),
  call(logPath, `${logControl}.Nope`),
];

const names = [
  ...['_2ehost', '_2Ehost', '_32x', '2x', 'a', '_61', 'f_2d2', 'f_2D2', 'z_2ey', '_7a_2e_79', 'z_2e'],
  ...['A', '_', '__', '_6', 'a_', 'a_2', 'a_zz', '__61', 'z__2ey', '_c3_a4', '_ff', 'nope', 'constructor', '__proto__'],
].map((name) => get(`${root}/machine/${name}`, machine, 'Name'));

const properties = [
  ...everywhere.map((path) => get(path, 'org.nope', 'Nope')),
  ...everywhere.map((path) => set(path, 'org.nope', 'Nope', text('x'))),
  ...everywhere.map((path) => getAll(path, 'org.nope')),
  ...['/', root, '/nope', `${root}/machine/nope`].flatMap((path) => [get(path), getAll(path), set(path)]),
  get(root, manager, 'PoolPath'),
  get(root, manager, 'PoolUsage'),
  get(root, manager, 'PoolPath', 'more'),
  get(root, manager),
  get(root, 5, 'PoolPath'),
  get(root, '', 'PoolPath'),
  get(root, 'not an interface', 'PoolPath'),
  ...['Nope', '', 'not a member!', 'two\nlines', 'GetMachine', '__proto__', 'constructor'].map((name) =>
    get(root, manager, name),
  ),
  get(host, manager, 'PoolPath'),
  get(root, `${standard}.Peer`, 'Nope'),
  getAll(root, manager),
  getAll(root, ''),
  getAll(root, manager, 'more'),
  getAll(root, 5),
  getAll(root, 'not an interface'),
  getAll(root, '__proto__'),
  getAll(host, manager),
  getAll(`${root}/machine`, ''),
  getAll(`${root}/machine`, machine),
  ...['Peer', 'Introspectable', 'Properties', 'ObjectManager'].map((name) => getAll(root, `${standard}.${name}`)),
  set(root, manager, 'PoolPath', text('x')),
  set(root, manager, 'PoolPath', 'x'),
  set(root, manager, 'PoolPath'),
  set(root, manager, 'Nope', text('x')),
  set(root, manager),
  call(root, `${standard}.Properties.Nope`),
  call(root, `${standard}.Properties.PropertiesChanged`),
];

const levels = [
  ...['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'],
  ...['0', '7', '8', '-1', '07', '+6', '0x5', ' 7', '7 ', '3.5', '1e0', '', 'INFO', 'warn', 'null', 'length'],
];

/** What is asked of org.freedesktop.LogControl1. */
export const logQuestions: readonly Question[] = [
  level({ signature: 'u', value: 5 }),
  level({ signature: 'as', value: ['info'] }),
  level('info'),
  level(['info']),
  level(text('info'), 'more'),
  ...levels.flatMap((name) => [level(text(name)), get(logPath, logControl, 'LogLevel')]),
  level(text('info')),
  set(logPath, '', 'LogLevel', text('info')),
  get(logPath, '', 'LogLevel'),
  set(logPath, logControl, 'SyslogIdentifier', text('x')),
  target({ signature: 'u', value: 5 }),
  ...['nope', '', 'Console', 'constructor'].map((name) => target(text(name))),
  ...[level(text('debug')), level(text('nope')), target(text('nope'))].map(asNobody),
  ...[level({ signature: 'u', value: 5 }), level('info')].map(asNobody),
  asNobody(set(logPath, logControl, 'SyslogIdentifier', text('x'))),
  asNobody(get(logPath, logControl, 'LogLevel')),
];

export const objectQuestions: readonly Question[] = [...introspection, ...peer, ...methods, ...names, ...properties];
