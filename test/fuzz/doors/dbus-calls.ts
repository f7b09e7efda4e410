import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import type { Arguments, InterfaceDescription } from '../../../src/dbus/objects/interface.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { description as machine } from '../../../src/frontends/machine1/org.freedesktop.machine1.Machine.ts';
import { description as manager } from '../../../src/frontends/machine1/org.freedesktop.machine1.Manager.ts';
import { anyBody, valuesFor } from '../../dbus/codec/arbitrary.ts';
import { referenceBody, referenceMessage } from '../../dbus/codec/reference-encoder.ts';
import { DBusDaemon } from '../../support/dbus-daemon.ts';
import { type Door, door } from '../door.ts';
import { CALLERS, type Caller } from '../enclosure.ts';
import { hostileText, mutatedBytes } from '../hostile.ts';
import { RawBusClient, SERIAL } from '../raw-bus-client.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

/** A message in hexadecimal, and the signature that a reply must have, if one is known. */
interface Sent {
  readonly bytes: string;
  readonly out?: string;
  /** Whether the bus passes it on, so that there has to be an answer. */
  readonly whole: boolean;
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

/** The object that has it, one of several of its kind is called `good`. */
function pathOf({ name }: InterfaceDescription): string {
  return name === manager.name ? root : `${root}/${name.slice(name.lastIndexOf('.') + 1).toLowerCase()}/good`;
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

const joined = (types: Arguments): string => Object.values(types).join('');
/** Text that D-Bus can carry. */
const text = hostileText.map((any) => Buffer.from(any).toString('utf8').replaceAll('\0', ''));
const named = fc.oneof(fc.constantFrom('good', '.host', 'container', 'vm', 'all', 'leader'), text);

/** Values of a signature; texts among them are, mostly, such as could mean something. */
function argumentsOf(signature: string): fc.Arbitrary<readonly unknown[]> {
  return fc
    .tuple(valuesFor(signature), fc.array(named, { minLength: 8, maxLength: 8 }))
    .map(([values, texts]) =>
      values.map((value, index) => (typeof value === 'string' && signature !== 'o' ? texts[index % 8] : value)),
    );
}

function callsOf(path: string, { name, methods }: InterfaceDescription): fc.Arbitrary<Sent>[] {
  return Object.entries(methods).map(([member, { in: given, out }]) => {
    const signature = joined(given);
    return argumentsOf(signature).map((values) => ({
      bytes: message(path, name, member, signature, values).toString('hex'),
      out: joined(out),
      whole: true,
    }));
  });
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
    return { bytes: message(path, properties, member, signature, all.slice(0, count)).toString('hex'), whole: true };
  });

const ofOtherTypes: fc.Arbitrary<Sent> = fc
  .tuple(fc.constantFrom(...Object.keys(manager.methods)), anyBody)
  .map(([member, { signature, values }]) => ({
    bytes: message(root, manager.name, member, signature, values).toString('hex'),
    whole: true,
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
  shortRuns: 1000,
  callers: CALLERS,
  reaches: [...reached.filter((what) => what !== 'a reply of u'), 'org.freedesktop.DBus.Error.AccessDenied'],
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
  }));
}

interface CallsDoor extends Pick<Door, 'name' | 'about' | 'shortRuns'> {
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
    examples: examples(),
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
              came = await answerTo(client, input);
              return;
            }
            // Half a message is not followed by another one: the connection is of no use any more.
            await client.say(Buffer.from(input.bytes, 'hex'));
            client.close();
            await connect(caller);
          };
          if (caller === 0) await watched.holds(send);
          else await watched.keepsMachine(() => watched.holds(send));
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

/** What comes of a call, in a word. @throws where it is nothing that is described */
async function answerTo(client: RawBusClient, { bytes, out }: Sent): Promise<string> {
  const reply = await client.ask(Buffer.from(bytes, 'hex'));
  if (reply === undefined) throw new Error('the bus has hung up: what was sent is no message');
  const { type, signature, body, littleEndian, errorName } = reply;
  if (body === undefined) throw new Error('the reply is too long');
  if (type === 3 && signature === 's' && errorName !== undefined) decodeBody('s', body, littleEndian);
  else if (type !== 2) throw new Error(`the reply is of type ${type}, ${errorName} (${signature})`);
  else if (out !== undefined && signature !== out) throw new Error(`the reply is of ${signature}, not ${out}`);
  // Descriptors are not taken here, and what stands for one is not read without it.
  else if (!signature.includes('h')) decodeBody(signature, body, littleEndian);
  return errorName ?? `a reply of ${signature}`;
}
