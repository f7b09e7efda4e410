import { closeSync, constants, fstatSync, openSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { machineInterface } from '../../../src/frontends/machine/handlers.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { connectUnix } from '../../../src/linux/unix-connect.ts';
import { UnixListener } from '../../../src/linux/unix-listener.ts';
import { Authority } from '../../../src/machine/authorize.ts';
import type { OpenedTerminal, ShellRequest } from '../../../src/machine/inside-operations.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { VarlinkClient, VarlinkServer } from '../../../src/varlink/index.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { socketPath } from '../../varlink/raw-peer.ts';
import { insideOver, servicesOver } from '../machine1/test-services.ts';

// What is opened are terminals of this machine: which side of a container they are of is no matter of the front end.

let loop: EventLoop;
let server: VarlinkServer;
let path: string;
let clients: VarlinkClient[];
let asked: [string, ShellRequest | undefined][];
/** Ends what is under way. */
let finish: () => void;
let left: number;
let copying: number;

const openPty = () => ({
  descriptor: openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY),
  path: '/dev/pts/7',
});

beforeEach(() => {
  loop = new EventLoop();
  path = socketPath();
  clients = [];
  asked = [];
  [left, copying] = [0, 0];
  let slow = Promise.resolve();
  finish = () => {};
  const open =
    (what: string) =>
    async (machine: Machine, request?: ShellRequest): Promise<OpenedTerminal> => {
      asked.push([what, request]);
      if (machine.name === 'slow') {
        slow = new Promise((resolve) => {
          finish = resolve;
        });
        await slow;
      }
      return openPty();
    };
  const registry = new Registry();
  for (const name of ['c1', 'slow']) registry.add(sampleMachine(name));
  registry.add(sampleMachine('guest', { class: 'vm' }));
  const authority = new Authority(0);
  const inside = insideOver({
    registry,
    authority,
    files: { openRootDirectory: async () => openSync('/proc', 'r') },
    terminals: {
      open: (machine) => open('tty')(machine),
      login: (machine) => open('login')(machine),
      shell: open('shell'),
    },
    copies: {
      copy: (_machine, _request, caller) => {
        copying++;
        return new Promise((_resolve, reject) => {
          caller.left?.addEventListener('abort', () => {
            left++;
            reject(new Error('nobody waits for it'));
          });
        });
      },
    },
  });
  server = new VarlinkServer({ vendor: '', product: '', version: '', url: '' });
  server.add(machineInterface({ ...servicesOver(registry), authority, inside, bootId: '0'.repeat(32) }));
  server.serve(UnixListener.bind(loop, path, { refuseDescriptors: true }));
});

afterEach(async () => {
  for (const client of clients) client.close();
  server.close();
  await new Promise((resolve) => setTimeout(resolve, 10));
  loop.close();
});

function client(): VarlinkClient {
  const made = new VarlinkClient(connectUnix(loop, { path }));
  clients.push(made);
  return made;
}

/** The reply, and the descriptors that came with it. */
async function call(method: string, parameters: object): Promise<[unknown, number[]]> {
  const taken: number[] = [];
  const reply = await client()
    .call(`io.systemd.Machine.${method}`, parameters, { take: (descriptors) => void taken.push(...descriptors) })
    .catch((error) => Object.values({ error: error.error, ...error.parameters }).join(' '));
  return [reply, taken];
}

function terminals(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith('ptmx');
    } catch {
      return false;
    }
  }).length;
}

test.each(['tty', 'login', 'shell'])('Open gives a terminal that can be written to, and its path: %s', async (mode) => {
  const [reply, [terminal = -1]] = await call('Open', { name: 'c1', mode });
  expect(reply).toEqual({ ptyFileDescriptor: 0, ptyPath: '/dev/pts/7' });
  expect(fstatSync(terminal).rdev).toBe(fstatSync(openedForGood).rdev);
  expect(writeSync(terminal, 'x')).toBe(1);
  closeSync(terminal);
  expect(asked.map(([what]) => what)).toEqual([mode]);
  await vi.waitFor(() => expect(terminals()).toBe(1));
});

const openedForGood = openPty().descriptor;

test('a shell is told who, what and with which variables; whoever asks for something else is not', async () => {
  const request = { user: 'É.x', path: '/bin/../bin/sh', args: ['sh', '', '-l'], environment: ['A=', 'b_1=\n'] };
  const close = ([reply, taken]: [unknown, number[]]) => {
    for (const descriptor of taken) closeSync(descriptor);
    return reply;
  };
  close(await call('Open', { name: 'c1', mode: 'shell', ...request }));
  close(await call('Open', { name: 'c1', mode: 'shell', args: [] }));
  close(await call('Open', { name: 'c1', mode: 'tty', ...request }));
  expect(asked).toEqual([
    ['shell', request],
    ['shell', { environment: [] }],
    ['tty', undefined],
  ]);
});

// Each asked of systemd-machined 262, whichever mode.
test.each([
  ...['', '.', '..', ' x', 'x ', 'a:b', 'a/b', 'a\tb', 'a\u007fb', '0', '007', '-5', '4294967296'].map((user) => ({
    user,
  })),
  ...['', 'sh', 'bin/sh', `/${'a'.repeat(5000)}`].map((path) => ({ path })),
  ...[[''], ['A'], ['=x'], ['1A=2'], ['A B=c'], ['A.B=c'], ['é=c'], ['a-b=c'], ['A=1', 'B']].map((environment) => ({
    environment,
  })),
])('parameters that make no sense are named, whatever is opened: %j', async (parameters) => {
  for (const mode of ['shell', 'tty', 'login']) {
    for (const name of ['c1', 'nobody', 'no name']) {
      const [reply] = await call('Open', { name, mode, ...parameters });
      expect(reply).toBe(`org.varlink.service.InvalidParameter ${Object.keys(parameters)[0]}`);
    }
  }
  expect(asked).toEqual([]);
});

test.each(['é', 'a b', '1a', '1_000', '0x5', '+5', '-x', 'foo.bar', 'nobody~', '@', 'x'.repeat(300)])(
  'such a user there may be: %j',
  async (user) => {
    const [, [terminal = -1]] = await call('Open', { name: 'c1', mode: 'shell', user });
    closeSync(terminal);
    expect(asked).toEqual([['shell', { user, environment: [] }]]);
  },
);

test('OpenRootDirectory gives a directory that can be listed', async () => {
  const [reply, [directory = -1]] = await call('OpenRootDirectory', { name: 'c1' });
  expect(reply).toEqual({ fileDescriptor: 0 });
  expect(readlinkSync(`/proc/self/fd/${directory}`)).toBe('/proc');
  closeSync(directory);
});

test('only into containers anything is mounted or copied', async () => {
  const paths = { name: 'guest', source: '/etc', destination: '/x' };
  for (const method of ['BindMount', 'CopyTo', 'CopyFrom']) {
    expect(await call(method, paths)).toEqual(['io.systemd.Machine.NotSupported', []]);
    const [reply] = await call(method, { ...paths, source: 'etc' });
    expect(reply).toBe('org.varlink.service.InvalidParameter source');
  }
});

test('a terminal that nobody receives is closed', async () => {
  const gone = client();
  gone.call('io.systemd.Machine.Open', { name: 'slow', mode: 'tty' }).catch(() => {});
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  gone.close();
  await vi.waitFor(() => expect(server.connections).toBe(0));
  finish();
  const late = client();
  late.oneway('io.systemd.Machine.Open', { name: 'c1', mode: 'tty' });
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await vi.waitFor(() => expect(terminals()).toBe(1));
});

test('what is done inside hears that its caller has left', async () => {
  const gone = client();
  gone.call('io.systemd.Machine.CopyTo', { name: 'c1', source: '/etc', destination: '/x' }).catch(() => {});
  await vi.waitFor(() => expect(copying).toBe(1));
  expect(left).toBe(0);
  gone.close();
  await vi.waitFor(() => expect(left).toBe(1));
});
