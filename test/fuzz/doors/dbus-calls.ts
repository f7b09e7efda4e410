import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import type { InterfaceDescription } from '../../../src/dbus/objects/interface.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { description as machine } from '../../../src/frontends/machine1/org.freedesktop.machine1.Machine.ts';
import { description as manager } from '../../../src/frontends/machine1/org.freedesktop.machine1.Manager.ts';
import { anyBody } from '../../dbus/codec/arbitrary.ts';
import { referenceBody, referenceMessage } from '../../dbus/codec/reference-encoder.ts';
import { DBusDaemon } from '../../support/dbus-daemon.ts';
import { argumentsOf, joined, text } from '../dbus-arguments.ts';
import { type Door, door } from '../door.ts';
import { CALLERS, type Caller } from '../enclosure.ts';
import { mutatedBytes } from '../hostile.ts';
import { RawBusClient, SERIAL } from '../raw-bus-client.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

/** A message in hexadecimal, and the signature that a reply must have, if one is known. */
interface Sent {
  readonly bytes: string;
  readonly out?: string;
  /** Whether the bus passes it on, so that there has to be an answer. */
  readonly whole: boolean;
  /** The member that is called, as which it is counted. Absent where the message is a damaged one. */
  readonly method?: string;
}

const root = '/org/freedesktop/machine1';
const good = `${root}/machine/good`;
const properties = 'org.freedesktop.DBus.Properties';

/** Every interface of the service that there is a table of: one that is new is tried like the others. */
const described = await tables();

async function tables(): Promise<InterfaceDescription[]> {
  const directory = new URL('../../../src/frontends/machine1/', import.meta.url);
  const files = readdirSync(directory).filter((file) => /^org\.freedesktop\.machine1\.\w+\.[jt]s$/.test(file));
  const modules = await Promise.all(files.map((file) => import(new URL(file, directory).href)));
  return modules.map(({ description }) => description as InterfaceDescription);
}

/** The object that has it: of machines `good`, of images `other`. */
function pathOf({ name }: InterfaceDescription): string {
  if (name === manager.name) return root;
  return name === machine.name ? good : `${root}/image/other`;
}

function message(path: string, name: string, member: string, signature: string, values: readonly unknown[]): Buffer {
  const fields: [number, string, string][] = [
    [1, 'o', path],
    [2, 's', name],
    [3, 's', member],
    [6, 's', 'org.freedesktop.machine1'],
  ];
  if (signature !== '') fields.push([8, 'g', signature]);
  return referenceMessage({ type: 1, serial: SERIAL }, fields, referenceBody(signature, values, true), true);
}

function callsOf(path: string, { name, methods }: InterfaceDescription): fc.Arbitrary<Sent>[] {
  return Object.entries(methods).map(([member, { in: given, out }]) =>
    argumentsOf(given).map((values) => ({
      bytes: message(path, name, member, joined(given), values).toString('hex'),
      out: joined(out),
      whole: true,
      method: member,
    })),
  );
}

const ofProperties: fc.Arbitrary<Sent> = fc
  .record({
    path: fc.constantFrom(root, good, '/org/freedesktop/LogControl1', '/'),
    member: fc.constantFrom('Get', 'Set', 'GetAll'),
    names: fc.oneof(
      fc.constantFrom<[string, string]>(
        [manager.name, 'PoolPath'],
        [machine.name, 'Name'],
        ['org.freedesktop.LogControl1', 'LogTarget'],
      ),
      fc.tuple(fc.oneof(fc.constantFrom<string>(manager.name, machine.name, ''), text), text),
    ),
    value: text,
  })
  .map(({ path, member, names: [name, property], value }) => {
    const all = [name, property, new Variant('s', value)];
    const count = { Get: 2, Set: 3, GetAll: 1 }[member] as number;
    const signature = 'ssv'.slice(0, count);
    const bytes = message(path, properties, member, signature, all.slice(0, count)).toString('hex');
    return { bytes, whole: true, method: member };
  });

const ofOtherTypes: fc.Arbitrary<Sent> = fc
  .tuple(fc.constantFrom(...Object.keys(manager.methods)), anyBody)
  .map(([member, { signature, values }]) => ({
    bytes: message(root, manager.name, member, signature, values).toString('hex'),
    whole: true,
    method: member,
  }));

const samples = [
  message(root, manager.name, 'GetMachine', 's', ['good']),
  message(root, manager.name, 'RegisterMachine', 'sayssus', ['x', Buffer.alloc(16), 'y', 'vm', 0, '']),
  message(good, properties, 'GetAll', 's', [machine.name]),
];
const damaged: fc.Arbitrary<Sent> = mutatedBytes(samples).map((bytes) => ({ bytes, whole: false }));
const sent: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 10, arbitrary: fc.oneof(...described.flatMap((description) => callsOf(pathOf(description), description))) },
  { weight: 2, arbitrary: ofProperties },
  { weight: 2, arbitrary: ofOtherTypes },
  { weight: 2, arbitrary: damaged },
);

/** What there is to get for who may do all. */
const reached = [
  ...['', 'o', 'u', 'v', 'a(ssso)', 'a{sv}', 'a(iay)'].map((signature) => `a reply of ${signature}`),
  ...['InvalidArgs', 'NotSupported', 'UnknownProperty'].map((name) => `org.freedesktop.DBus.Error.${name}`),
  'org.freedesktop.machine1.NoSuchMachine',
  'no message',
];

export const dbusCalls: Door = callsDoor({
  name: 'dbus-calls',
  about: 'any user on the bus calls every method with any values: dbus-daemon passes them on, replies are as described',
  shortRuns: 1500,
  callers: [0],
  examples: examples(),
  reaches: reached,
  async start() {
    const bus = await DBusDaemon.start('<allow user="*"/>');
    const watched = await WatchedDaemon.start({ bus: bus.address });
    return { watched, busSocket: () => bus.socket, end: () => bus.stop() };
  },
});

export const rootDbusCalls: Door = callsDoor({
  name: 'dbus-calls-of-root',
  about: "the same with root's daemon in namespaces of its own, for root and another user, who changes nothing",
  shortRuns: 200,
  callers: [...CALLERS, 0],
  examples: examplesOfRoot(),
  reaches: [
    ...reached.filter((what) => what !== 'a reply of u'),
    'org.freedesktop.DBus.Error.AccessDenied',
    'org.freedesktop.machine1.NoSuchImage',
    ...['OpenMachinePTY', 'OpenMachineShell'].map((method) => `${method} → a reply of hs`),
    ...['BindMountMachine', 'CopyFromMachineWithFlags', 'CopyToMachineWithFlags'].map(
      (method) => `${method} → a reply of `,
    ),
    ...['CloneImage', 'RenameImage', 'RemoveImage'].map((method) => `${method} → a reply of `),
    ...['ListImages → a reply of a(ssbttto)', 'CleanPool → a reply of a(st)', 'GetImageOSRelease → a reply of a{ss}'],
  ],
  async start() {
    const watched = await WatchedDaemon.startEnclosed({ bus: true });
    return { watched, busSocket: (caller) => watched.socket('bus', caller), end: () => {} };
  },
});

/** By root: what has to have a name that there is. */
function examples(): readonly (Sent & { readonly caller: Caller })[] {
  return (
    [
      ['GetMachine', 'good', 'o'],
      ['GetMachineAddresses', 'good', 'a(iay)'],
      ['GetMachineAddresses', '.host', 'a(iay)'],
      ['GetMachineUIDShift', 'good', 'u'],
    ] as const
  ).map(([member, name, out]) => ({
    caller: 0 as const,
    bytes: message(root, manager.name, member, 's', [name]).toString('hex'),
    out,
    whole: true,
    method: member,
  }));
}

/** The same of what only root's daemon does. */
function examplesOfRoot(): ReturnType<typeof examples> {
  const calls = [
    ['OpenMachinePTY', 's', ['good'], 'hs'],
    ['OpenMachineShell', 'sssasas', ['good', 'root', '/bin/true', [], []], 'hs'],
    ['OpenMachineRootDirectory', 's', ['good'], 'h'],
    ['BindMountMachine', 'sssbb', ['good', '/tmp/tree', '/tmp/place/mounted', false, true], ''],
    ['CopyFromMachineWithFlags', 'ssst', ['good', '/tmp/tree/deep', '/tmp/place/from', 1n], ''],
    ['CopyToMachineWithFlags', 'ssst', ['good', '/tmp/file', '/tmp/place/to', 1n], ''],
    ['ListMachines', '', [], 'a(ssso)'],
    ['ListImages', '', [], 'a(ssbttto)'],
    ['CloneImage', 'ssb', ['image', 'clone', false], ''],
    ['RenameImage', 'ss', ['clone', 'another'], ''],
    ['GetImageOSRelease', 's', ['another'], 'a{ss}'],
    ['RemoveImage', 's', ['another'], ''],
    ['RemoveImage', 's', ['another'], ''],
    ['CleanPool', 's', ['hidden'], 'a(st)'],
  ] as const;
  const sent = calls.map(([member, signature, values, out]) => ({
    caller: 0 as const,
    bytes: message(root, manager.name, member, signature, values).toString('hex'),
    out,
    whole: true,
    method: member,
  }));
  return [...examples(), ...sent];
}

interface CallsDoor extends Pick<Door, 'name' | 'about' | 'shortRuns'> {
  readonly examples: readonly (Sent & { readonly caller: Caller })[];
  readonly callers: readonly Caller[];
  readonly reaches: readonly string[];
  start(): Promise<{
    readonly watched: WatchedDaemon;
    readonly busSocket: (caller: Caller) => string;
    end(): void | Promise<void>;
  }>;
}

function callsDoor({ callers, start, ...parts }: CallsDoor): Door {
  return door<Sent & { readonly caller: Caller }>({
    ...parts,
    survives: false,
    inputs: fc.tuple(fc.constantFrom(...callers), sent).map(([caller, input]) => ({ caller, ...input })),
    async open() {
      const { watched, busSocket, end } = await start();
      const clients = new Map<Caller, RawBusClient>();
      const connect = async (caller: Caller): Promise<RawBusClient> => {
        const client = await RawBusClient.connect(busSocket(caller));
        clients.set(caller, client);
        return client;
      };
      return {
        async try({ caller, ...input }) {
          let came = 'no message';
          const send = async (): Promise<void> => {
            const known = clients.get(caller);
            const client = known?.open === true ? known : await connect(caller);
            if (input.whole) {
              // Sent again it may find what it has made itself.
              const answer = await answerTo(client, input);
              came = came === 'no message' ? answer : came;
              return;
            }
            // Half a message is not followed by another one: the connection is of no use any more.
            await client.say(Buffer.from(input.bytes, 'hex'));
            client.close();
            await connect(caller);
          };
          if (caller === 0) {
            if (watched.enclosed && input.method !== undefined) await watched.restoreMachine();
            await watched.holds(send);
          } else await watched.keepsMachine(() => watched.holds(send));
          return came;
        },
        async close() {
          for (const client of clients.values()) client.close();
          try {
            await watched.close();
          } finally {
            await end();
          }
        },
      };
    },
  });
}

/** Members that may start a process: those that do something in a machine, all of images, and GetAll, which tells of their pool. */
const STARTING =
  /^(Open|BindMount|Copy|GetAll$|Get$)|Image|Limit$|^CleanPool$|^(Remove|Rename|Clone|MarkReadOnly|Get(Hostname|MachineID|MachineInfo|OSRelease))$/;

/** Milliseconds that a call may take, and one that may start a process, or two one after the other. */
const PATIENCE = 5000;
const PATIENCE_OF_STARTING = 20_000;

/** What comes of a call, in a word. @throws where it is nothing that is described */
async function answerTo(client: RawBusClient, { bytes, out, method }: Sent): Promise<string> {
  const patience = STARTING.test(method ?? '') ? PATIENCE_OF_STARTING : PATIENCE;
  const reply = await client.ask(Buffer.from(bytes, 'hex'), patience);
  if (reply === undefined) throw new Error('the bus has hung up: what was sent is no message');
  const { type, signature, body, littleEndian, errorName } = reply;
  if (body === undefined) throw new Error('the reply is too long');
  if (type === 3 && signature === 's' && errorName !== undefined) decodeBody('s', body, littleEndian);
  else if (type !== 2) throw new Error(`the reply is of type ${type}, ${errorName} (${signature})`);
  else if (out !== undefined && signature !== out) throw new Error(`the reply is of ${signature}, not ${out}`);
  // Descriptors are not taken here, and what stands for one is not read without it.
  else if (!signature.includes('h')) decodeBody(signature, body, littleEndian);
  return `${method ?? 'anything'} → ${errorName ?? `a reply of ${signature}`}`;
}
