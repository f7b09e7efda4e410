import { calls, machine, number, type Question } from '../question.ts';

/** What systemd-machined leaves of the victim. Until it is so is waited for; what is otherwise shows in the answers. */
interface Left {
  readonly processes: number;
  readonly registered?: true;
}

/** A machine `victim` with three processes of its own, «victim.pid» first, registered by root. */
function withVictim(id: string, left: Left, ...what: readonly Question[]): Question[] {
  const start = "systemd-run -q --collect -p ExitType=cgroup -u victim bash -c 'sleep 9999 & sleep 9998 & wait'";
  return [
    {
      id: `${id}: start`,
      kind: 'run',
      command: ['bash', '-c', `${start}; ${settle(3)}`],
    },
    { id: `${id}: learn`, kind: 'learn', name: 'victim', unit: 'victim.service' },
    {
      id: `${id}: register`,
      kind: 'call',
      socket: 'machine',
      send: [machine('Register', { name: 'victim', class: 'container', leader: number('victim.pid') })],
    },
    ...what,
    {
      id: `${id}: left`,
      kind: 'run',
      command: ['bash', '-c', `sleep .1; ${settle(left.processes)}; ${processes} | wc -l`],
    },
    { id: `${id}: state file`, kind: 'run', command: ['bash', '-c', stateFile(left)] },
    { id: `${id}: list`, kind: 'call', socket: 'machine', send: [machine('List', { name: 'victim' })] },
    {
      id: `${id}: away`,
      kind: 'run',
      command: [
        'bash',
        '-c',
        'systemctl stop victim 2>/dev/null; until [ ! -e /run/systemd/machines/victim ]; do sleep .02; done',
      ],
    },
  ];
}

const processes = 'cat /sys/fs/cgroup/system.slice/victim.service/cgroup.procs 2>/dev/null';
const settle = (count: number) =>
  `for n in $(seq 250); do [ $(${processes} | wc -l) = ${count} ] && break; sleep .02; done`;
const stateFile = ({ registered }: Left) => {
  const gone = registered === true ? 'sleep .2' : 'for n in $(seq 250); do [ -e victim ] || break; sleep .02; done';
  return `cd /run/systemd/machines; ${gone}; ls -d victim unit:victim.service 2>&1`;
};

const ask = (id: string, method: string, parameters: object): Question => ({
  id,
  kind: 'call',
  socket: 'machine',
  send: [machine(method, parameters)],
});

const wrong = (method: string, extra: object = {}) =>
  [
    ...[{}, { name: 'nope' }, { name: '' }, { name: 'ah@?' }, { name: null }, { name: 'nope', foo: 1 }, { name: 5 }],
    ...[
      { name: 'victim', pid: { pid: 1 } },
      { pid: { pid: 1 } },
      { pid: { pid: 0 } },
      { pid: { pid: -1 } },
      { pid: 5 },
    ],
    ...[{ pid: { pid: number('root.pid') } }, { name: 'c1', pid: { pid: number('plain.leader.pid') } }],
  ].map((parameters) => machine(method, { ...parameters, ...extra }));

const scoped = { name: 'my-scope', class: 'vm', allocateUnit: true };

const signals: readonly unknown[] = [0, -1, 65, 999, 2147483648, 4294967311, null, 'x', 1.5, {}, []];
const harmless = 28;

/** A machine for which a unit is made, from its beginning to its end. */
const scopeQuestions: readonly Question[] = [
  { id: 'scope: start', kind: 'run', command: ['systemd-run', '-q', '--collect', '-u', 'victim', 'sleep', 'infinity'] },
  { id: 'scope: learn', kind: 'learn', name: 'victim', unit: 'victim.service' },
  ask('scope: register', 'Register', { ...scoped, leader: number('victim.pid') }),
  ask('scope: again', 'Register', { ...scoped, leader: number('spare.pid') }),
  ask('scope: list', 'List', { name: 'my-scope' }),
  ask('scope: by process', 'List', { pid: { pid: number('victim.pid') } }),
  // systemd-machined keeps the number of the job that has long ended.
  { id: 'scope: state file', kind: 'run', command: ['grep', '-v', '^SCOPE_JOB=', '/run/systemd/machines/my-scope'] },
  { id: 'scope: link', kind: 'run', command: ['readlink', '/run/systemd/machines/unit:machine-my\\x2dscope.scope'] },
  {
    id: 'scope: unit',
    kind: 'run',
    command: [
      ...['systemctl', 'show', 'machine-my\\x2dscope.scope'],
      ...['-p', 'ActiveState,CollectMode,ControlGroup,Delegate,Description,KillMode,Slice,SubState,TasksMax,Transient'],
    ],
  },
  ask('scope: terminate', 'Terminate', { name: 'my-scope' }),
  {
    id: 'scope: away',
    kind: 'run',
    command: ['bash', '-c', 'for n in $(seq 250); do [ -e /run/systemd/machines/my-scope ] || exit 0; sleep .02; done'],
  },
  ask('scope: gone', 'List', { name: 'my-scope' }),
  { id: 'scope: unit gone', kind: 'run', command: ['systemctl', 'is-active', 'machine-my\\x2dscope.scope'] },
];

export const operationQuestions: readonly Question[] = [
  ...calls('unregister wrong', 'machine', [machine('Unregister'), ...wrong('Unregister')]),
  ...calls('terminate wrong', 'machine', [machine('Terminate'), ...wrong('Terminate')]),
  ...calls('kill wrong', 'machine', [machine('Kill'), ...wrong('Kill', { signal: harmless })]),
  ...calls(
    'kill signal',
    'machine',
    signals.map((signal) => machine('Kill', { name: 'plain', whom: 'leader', signal })),
  ),
  ...calls(
    'kill signal',
    'machine',
    [harmless, `${harmless}`].map((signal) => machine('Kill', { name: 'plain', whom: 'leader', signal })),
  ),
  ...calls('kill signal', 'machine', [
    machine('Kill', { name: 'plain', whom: 'leader' }),
    machine('Kill', { name: 'nope', signal: 999 }),
    machine('Kill', { name: 'ah@', signal: 999 }),
    machine('Kill', { signal: 999, name: 'ah@' }),
    machine('Kill', { name: null, signal: 999 }),
    machine('Kill', { signal: 999, name: null }),
  ]),
  ...calls(
    'kill whom',
    'machine',
    ['LEADER', '', null, 5, 'none'].map((whom) => machine('Kill', { name: 'plain', whom, signal: harmless })),
  ),
  ...calls('kill whom', 'machine', [
    machine('Kill', { name: 'inside', whom: 'supervisor', signal: harmless }),
    machine('Kill', { name: '.host', whom: 'supervisor', signal: harmless }),
    machine('Kill', { pid: { pid: number('plain.leader.pid') }, whom: 'leader', signal: harmless }),
  ]),
  ...withVictim('unregister', { processes: 3 }, ask('unregister: do', 'Unregister', { name: 'victim' })),
  ...withVictim(
    'unregister by process',
    { processes: 3 },
    ask('unregister by process: do', 'Unregister', { pid: { pid: number('victim.pid') } }),
  ),
  ...withVictim('terminate', { processes: 0 }, ask('terminate: do', 'Terminate', { name: 'victim' })),
  ...withVictim(
    'kill leader',
    { processes: 2, registered: true },
    ask('kill leader: do', 'Kill', { name: 'victim', whom: 'leader', signal: 9 }),
  ),
  ...withVictim('kill all', { processes: 0 }, ask('kill all: do', 'Kill', { name: 'victim', whom: 'all', signal: 9 })),
  ...withVictim('kill by default', { processes: 0 }, ask('kill by default: do', 'Kill', { name: 'victim', signal: 9 })),
  ...withVictim(
    'kill with the last signal',
    { processes: 2, registered: true },
    ask('kill with the last signal: do', 'Kill', { name: 'victim', whom: 'leader', signal: 64 }),
  ),
  ...withVictim(
    'leader dies',
    { processes: 2, registered: true },
    { id: 'leader dies: do', kind: 'run', command: ['kill', '-9', '«victim.pid»'] },
  ),
  ...scopeQuestions,
  ...calls('root directory', 'machine', [machine('OpenRootDirectory', { name: 'plain' })]),
];
