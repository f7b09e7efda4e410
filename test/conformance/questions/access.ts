import { type CallerName, calls, machine, message, number, type Question, userdb } from '../question.ts';

const own = { leader: number('alice.pid') };
const others = { leader: number('spare.pid') };
const t1 = { name: 't1', class: 'container' };

const everybody: readonly CallerName[] = ['alice', 'outside', 'inside'];

/** Questions of an ordinary user, who has no permission from polkit. */
export const accessQuestions: readonly Question[] = [
  ...calls(
    'alice registers',
    'machine',
    [
      machine('Register', { ...t1, ...own }),
      machine('Register', t1),
      machine('Register', { ...t1, ...own, allowInteractiveAuthentication: true }),
      machine('Register', { ...t1, ...others }),
      machine('Register', { ...t1, leader: 1 }),
      machine('Register', { ...t1, ...own, id: 'x' }),
      machine('Register', { ...t1, ...own, foo: 1 }),
      machine('Register', { ...t1, ...others, class: 'host' }),
      machine('Register', { ...t1, ...own, name: 'c1' }),
      machine('Register', { ...t1, ...own, allocateUnit: true }),
      machine('List', { name: 't1' }),
    ],
    'alice',
  ),
  ...calls(
    'alice and others’ machines',
    'machine',
    [
      ...['Unregister', 'Terminate'].map((method) => machine(method, { name: 'plain' })),
      machine('Kill', { name: 'plain', signal: 28 }),
      machine('Kill', { name: 'plain', signal: 999 }),
      machine('Kill', { name: 'nope', signal: 28 }),
      machine('Unregister', { name: 'nope' }),
      machine('Unregister', { name: '.host' }),
      machine('Unregister', { name: 'ah@' }),
      machine('Open', { name: 'plain', mode: 'tty' }),
      machine('BindMount', { name: 'plain', source: '/etc' }),
      machine('OpenRootDirectory', { name: 'plain' }),
      machine('List', { name: 'c1' }),
      machine('List', { name: '.host' }),
      ...['yes', 'graceful', 'no'].map((acquireMetadata) => machine('List', { name: 'c1', acquireMetadata })),
      ...['nope', 'ah@'].map((name) => machine('List', { name, acquireMetadata: 'yes' })),
      machine('List', { acquireMetadata: 'yes' }, { more: true }),
      machine('MapFrom', { name: 'c1', uid: 0 }),
      machine('MapTo', { uid: 100000 }),
      message('io.systemd.service.Ping'),
      message('io.systemd.service.GetLogLevel'),
      message('io.systemd.service.SetLogLevel', { level: 6 }),
      message('io.systemd.service.SetLogLevel', { level: 99 }),
      message('io.systemd.service.GetEnvironment'),
    ],
    'alice',
  ),
  ...everybody.flatMap((as) =>
    calls(`${as} asks`, 'userdb', [userdb('GetUserRecord', { uid: number('c1.base') })], as),
  ),
];
