import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Check, compileCheck, type MethodDefinition, parseInterface } from '../../../src/varlink/index.ts';
import { projectRoot } from '../../support/project-root.ts';
import { ask, sendRaw } from '../../support/raw-varlink.ts';
import { type Door, door } from '../door.ts';
import { KNOWN_PATHS } from '../enclosed-files.ts';
import { CALLERS, type Caller } from '../enclosure.ts';
import { carefulTexts, structTexts } from '../typed-json.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

const SOCKETS = ['machineSocket', 'userdbSocket', 'hookSocket'] as const;

type SocketName = (typeof SOCKETS)[number];

/**
 * A call: `parameters` is a JSON text in which `"LEADER"` is to be the process that leads the machine `good`, and
 * `"SPARE"` one that leads none.
 */
interface Call {
  readonly caller: Caller;
  readonly method: string;
  readonly parameters: string;
  readonly flag: 'more' | 'oneway' | 'none';
}

const paths = KNOWN_PATHS.map((path) => JSON.stringify(path));

/** What is worth trying where a field of this name is. */
const known: Readonly<Record<string, readonly string[]>> = {
  name: ['"good"', '"good"', '"good"', '"web"', '".host"', '"good.example"', '"1.0.0.10.in-addr.arpa"'],
  leader: ['"SPARE"', '"LEADER"'],
  pid: ['"LEADER"', '{"pid":"LEADER"}', '{"pid":1}'],
  class: ['"container"', '"vm"'],
  whom: ['"leader"', '"all"'],
  service: ['"io.systemd.Machine"'],
  userName: ['"vu-good-0"', '"vu-good-33"'],
  groupName: ['"vg-good-0"'],
  uid: ['0', '65536', '4294967294'],
  gid: ['0', '65536', '4294967294'],
  signal: ['18', '0', '64'],
  level: ['6', '7'],
  interface: ['"io.systemd.Machine"', '"org.varlink.service"'],
  mode: ['"tty"', '"login"', '"shell"'],
  user: ['"root"', '"0"', '"nobody-here"'],
  path: ['"/bin/true"', '"/nowhere"'],
  args: ['["true"]', '["true","a b","\\u0000"]', '[]'],
  environment: ['["A=b"]', '["=b"]'],
  source: paths,
  destination: paths,
  readOnly: ['true', 'false'],
  mkdir: ['true', 'false'],
  replace: ['true'],
  acquireMetadata: ['"graceful"', '"yes"'],
};

/** The same of images. */
const knownOfImages: Readonly<Record<string, readonly string[]>> = {
  ...known,
  name: ['"image"', '"other"', '"disk"', '"away"', '"clone"', '".host"'],
  newName: ['"clone"', '"another"', '"image"'],
  limit: ['1048576', 'null'],
  mode: ['"hidden"', '"all"'],
};

/** Of every interface that there is a description of: one that is new is tried like the others. */
const definitions = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.varlink'))
  .sort()
  .map((path) => parseInterface(readFileSync(join(projectRoot, 'src', path), 'utf8')));
const outputs = new Map<string, Check>();
/** Of errors of the interfaces; others are told by name alone. */
const errors = new Map<string, Check>();
const methods: { readonly weight: number; readonly arbitrary: fc.Arbitrary<Omit<Call, 'caller'>> }[] = [];
/** Those that start a process when all is right, which takes as long as a hundred others. */
const STARTING = /\.(Open|OpenRootDirectory|BindMount|Copy|CopyFrom|CopyTo)$|\.MachineImage\./;
for (const definition of definitions) {
  for (const member of definition.members) {
    const name = `${definition.name}.${member.name}`;
    if (member.kind === 'error')
      errors.set(name, compileCheck(definition, member.parameters, { unknownFields: 'refuse' }));
    if (member.kind !== 'method') continue;
    outputs.set(name, compileCheck(definition, member.output, { unknownFields: 'refuse' }));
    methods.push({ weight: STARTING.test(name) ? 1 : 3, arbitrary: callsOf(name, member) });
  }

  function callsOf(method: string, { input }: MethodDefinition): fc.Arbitrary<Omit<Call, 'caller'>> {
    const worth = definition.name.endsWith('.MachineImage') ? knownOfImages : known;
    return fc.record({
      method: fc.constant(method),
      parameters: fc.oneof(structTexts(definition, input, worth), carefulTexts(definition, input, worth)),
      flag: fc.constantFrom('none', 'none', 'none', 'more', 'oneway'),
    });
  }
}

/** Of sd-varlink's own, and PermissionDenied's like. */
const otherErrors = ['io.systemd.System', 'io.systemd.InteractiveAuthenticationRequired'];

/** What everybody gets to who may do all. */
const reached = [
  ...['Register', 'Unregister', 'List', 'Kill', 'Terminate', 'MapFrom'].map((name) => `io.systemd.Machine.${name}`),
  ...['Explain', 'Subscribe', 'Check'].map((name) => `io.github.mymachines.Registry.${name}`),
  ...['NoSuchMachine', 'NotSupported', 'MachineExists', 'NoSuchUser'].map((name) => `io.systemd.Machine.${name}`),
  'io.systemd.UserDatabase.NoRecordFound',
  'org.varlink.service.InvalidParameter',
  'the end',
];

export const varlinkMethods: Door = methodsDoor({
  name: 'varlink-methods',
  about: 'any local user calls every method with parameters that are, nearly, of its types: replies are as described',
  shortRuns: 2200,
  callers: [0],
  examples: examples(),
  reaches: reached,
  start: () => WatchedDaemon.start(),
});

export const rootVarlinkMethods: Door = methodsDoor({
  name: 'varlink-methods-of-root',
  about: "the same with root's daemon in namespaces of its own, for root and another user, who changes nothing",
  shortRuns: 450,
  callers: [...CALLERS, 0],
  examples: examplesOfRoot(),
  reaches: [
    ...reached.filter((what) => !/NoSuchUser|Explain/.test(what)),
    'io.systemd.Resolve.Hook.QueryFilter',
    ...['Open', 'OpenRootDirectory', 'BindMount', 'CopyFrom', 'CopyTo'].map((name) => `io.systemd.Machine.${name}`),
    ...['List', 'Update', 'Clone', 'Remove', 'CleanPool', 'NoSuchImage'].map(
      (name) => `io.systemd.MachineImage.${name}`,
    ),
    'org.varlink.service.PermissionDenied',
  ],
  start: () => WatchedDaemon.startEnclosed(),
});

/** By root: what a good many things have to be right for. */
function examples(): readonly Call[] {
  return [
    ['Register', '{"name":"fresh","class":"container","leader":"SPARE"}'],
    ['Register', '{"name":"good","class":"container","leader":"SPARE"}'],
    ['MapFrom', '{"name":"good","uid":0}'],
    ['Kill', '{"name":"good","whom":"leader","signal":18}'],
    ['Unregister', '{"name":"fresh"}'],
    ['List', '{"name":"good"}'],
  ].map(([name, parameters = '']) => ({ caller: 0, method: `io.systemd.Machine.${name}`, parameters, flag: 'none' }));
}

/** The same of what only root's daemon does. */
function examplesOfRoot(): readonly Call[] {
  const inside = [
    ['Open', '{"name":"good","mode":"tty"}'],
    ['Open', '{"name":"good","mode":"shell","path":"/bin/true"}'],
    ['OpenRootDirectory', '{"name":"good"}'],
    ['BindMount', '{"name":"good","source":"/tmp/tree","destination":"/tmp/place/mounted","mkdir":true}'],
    ['CopyFrom', '{"name":"good","source":"/tmp/tree/deep","destination":"/tmp/place/from","replace":true}'],
    ['CopyTo', '{"name":"good","source":"/tmp/file","destination":"/tmp/place/to","replace":true}'],
    ['MapFrom', '{"name":".host","uid":0}'],
    ['Terminate', '{"name":"good"}'],
  ].map(([name, parameters = '']) => [`io.systemd.Machine.${name}`, parameters] as const);
  const images = [
    ['Clone', '{"name":"image","newName":"clone"}'],
    ['Update', '{"name":"clone","newName":"another"}'],
    ['List', '{"name":"another","acquireMetadata":"yes"}'],
    ['Remove', '{"name":"another"}'],
    ['Remove', '{"name":"another"}'],
  ].map(([name, parameters = '']) => [`io.systemd.MachineImage.${name}`, parameters] as const);
  const calls = [...inside, ...images].map(
    ([method, parameters]): Call => ({ caller: 0, method, parameters, flag: 'none' }),
  );
  const clean: Call = {
    caller: 0,
    method: 'io.systemd.MachineImage.CleanPool',
    parameters: '{"mode":"hidden"}',
    flag: 'more',
  };
  return [...examples(), ...calls, clean];
}

interface MethodsDoor extends Pick<Door, 'name' | 'about' | 'shortRuns'> {
  readonly examples: readonly Call[];
  readonly callers: readonly Caller[];
  readonly reaches: readonly string[];
  start(): Promise<WatchedDaemon>;
}

function methodsDoor({ callers, start, ...parts }: MethodsDoor): Door {
  return door<Call>({
    ...parts,
    survives: false,
    inputs: fc
      .tuple(fc.constantFrom(...callers), fc.oneof(...methods))
      .map(([caller, call]): Call => ({ caller, ...call })),
    async open() {
      const watched = await start();
      const served = await servedInterfaces(watched);
      return {
        async try(call) {
          let came = '';
          const named = watched.enclosed && call.caller === 0 && call.parameters.includes('"good"');
          if (named) await watched.restoreMachine();
          const send = async (): Promise<void> => {
            // Sent again it may find what it has made itself.
            const answer = await answerTo(watched, served, call);
            came ||= answer;
          };
          if (call.caller === 0) await watched.holds(send);
          else await watched.keepsMachine(() => watched.holds(send));
          return came;
        },
        close: () => watched.close(),
      };
    },
  });
}

/** By interface the socket where it is. @throws where there is one that is not described, or described and nowhere */
async function servedInterfaces(watched: WatchedDaemon): Promise<ReadonlyMap<string, SocketName>> {
  const { enclosed } = watched;
  const served = new Map<string, SocketName>();
  // The hook is root's daemon's only.
  const sockets = enclosed ? SOCKETS : SOCKETS.slice(0, -1);
  for (const socket of sockets.toReversed()) {
    const reply = await ask(watched.socket(socket, 0), 'org.varlink.service.GetInfo');
    for (const name of (reply['parameters'] as { interfaces: string[] }).interfaces) served.set(name, socket);
  }
  const described = definitions
    .map(({ name }) => name)
    .filter((name) => enclosed || !name.endsWith('.Hook'))
    .sort();
  const names = [...served.keys()].sort();
  if (names.join() !== described.join()) throw new Error(`described are ${described}, and served are ${names}`);
  return served;
}

/** Milliseconds that a call may take, and one that may start a process, or two one after the other. */
const PATIENCE = 2000;
const PATIENCE_OF_STARTING = 20_000;

/** What comes of a call, in a word. @throws where it is nothing that is described */
async function answerTo(watched: WatchedDaemon, served: ReadonlyMap<string, SocketName>, call: Call): Promise<string> {
  // Nothing comes of a oneway call: the next one shows that it was done with.
  const method = call.flag === 'oneway' ? 'org.varlink.service.GetInfo' : call.method;
  const parameters = call.parameters
    .replaceAll('"LEADER"', `${watched.leader}`)
    .replaceAll('"SPARE"', `${watched.spare}`);
  const flag = call.flag === 'none' ? '' : `,"${call.flag}":true`;
  const text = `{"method":"${call.method}","parameters":${parameters}${flag}}\0`;
  const after = call.flag === 'oneway' ? `{"method":"${method}"}\0` : '';
  const socket = served.get(call.method.slice(0, call.method.lastIndexOf('.'))) ?? 'machineSocket';
  const patience = STARTING.test(call.method) ? PATIENCE_OF_STARTING : PATIENCE;
  const { replies, closed } = await sendRaw(watched.socket(socket, call.caller), text + after, 1, patience);
  const [reply] = replies;
  if (reply === undefined && !closed) throw new Error(`there is no answer for ${patience} ms`);
  return reply === undefined ? `${call.method} → the end` : checkReply(method, reply);
}

/** Gives the error, or the method that went well. */
function checkReply(method: string, { error, parameters = {}, ...rest }: Record<string, unknown>): string {
  const unknown = Object.keys(rest).filter((key) => key !== 'continues');
  if (unknown.length > 0) throw new Error(`the reply to ${method} has ${unknown}`);
  if (error === undefined) {
    const fault = outputs.get(method)?.(parameters);
    if (fault !== undefined) throw new Error(`${JSON.stringify(fault)} of a reply to ${method} is not as described`);
    return method;
  }
  // Here systemd 262 gives the caller its parameters back.
  if (method === 'io.systemd.service.SetLogLevel' && error === 'org.varlink.service.PermissionDenied')
    return `${method} → ${error}`;
  const fault = errors.get(error as string)?.(parameters);
  if (fault !== undefined) throw new Error(`${JSON.stringify(fault)} of ${error} is not as described`);
  if (!errors.has(error as string) && !otherErrors.includes(error as string)) {
    throw new Error(`${method} was answered ${error}, which nothing describes`);
  }
  const { errnoName } = parameters as { errnoName?: string };
  return `${method} → ${error}${errnoName === undefined ? '' : ` ${errnoName}`}`;
}
