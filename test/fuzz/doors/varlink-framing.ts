import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import fc from 'fast-check';
import { projectRoot } from '../../support/project-root.ts';
import { door } from '../door.ts';
import { hostileJson, mutatedBytes } from '../hostile.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

/** Bytes in hexadecimal, and where they are cut. */
interface Stream {
  readonly socket: 'machineSocket' | 'userdbSocket' | 'hookSocket';
  readonly bytes: string;
  readonly cuts: readonly number[];
}

/** Calls that were sent to systemd 262. */
const captures = ['user-database', 'resolve-hook', 'list', 'access', 'envelope'].flatMap((name) => {
  const file = `${projectRoot}/fixtures/systemd-262/${name}.json`;
  const { exchanges } = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  const sent = exchanges.flatMap(({ question: { send = [] } }) => send);
  return sent.filter((text) => text.length < 4096).map((text) => Buffer.from(`${text}\0`));
});

interface Recording {
  readonly exchanges: readonly { readonly question: { readonly send?: readonly string[] } }[];
}

const envelope = fc
  .tuple(fc.constantFrom('io.systemd.UserDatabase.GetUserRecord', 'io.systemd.Machine.List', 'x'), hostileJson)
  .map(([method, parameters]) => Buffer.from(`{"method":"${method}","parameters":${parameters}}\0`).toString('hex'));
const anything = hostileJson.map((text) => Buffer.from(`${text}\0`).toString('hex'));
const long = fc.constantFrom(65_535, 65_537, 300_000).map((length) => Buffer.alloc(length, '[').toString('hex'));
const message = fc.oneof(
  { weight: 20, arbitrary: mutatedBytes(captures) },
  { weight: 5, arbitrary: envelope },
  { weight: 5, arbitrary: anything },
  { weight: 1, arbitrary: long },
);

export const varlinkFraming = door<Stream>({
  name: 'varlink-framing',
  about: 'any local user sends any bytes to the sockets: what comes back is whole messages, or the end',
  shortRuns: 600,
  survives: false,
  reaches: ['no reply', 'replies'],
  inputs: fc.record({
    socket: fc.constantFrom('machineSocket', 'userdbSocket', 'hookSocket'),
    bytes: fc.array(message, { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
    cuts: fc.array(fc.nat(2000), { maxLength: 4 }),
  }),
  async open() {
    const watched = await WatchedDaemon.start();
    return {
      async try({ socket, bytes, cuts }) {
        let received = '';
        await watched.holds(async () => {
          received = await exchange(watched.daemon[socket], Buffer.from(bytes, 'hex'), cuts);
          for (const text of received.split('\0').slice(0, -1)) {
            const reply = JSON.parse(text);
            if (typeof reply !== 'object' || Array.isArray(reply)) throw new Error(`a reply is ${text}`);
          }
          if (!received.endsWith('\0') && received !== '') throw new Error(`half a reply: ${received.slice(-100)}`);
        });
        return received === '' ? 'no reply' : 'replies';
      },
      close: () => watched.close(),
    };
  },
});

/** Sends bytes in pieces, and nothing more then; gives what comes until the service has hung up, as it is to. */
function exchange(path: string, bytes: Buffer, cuts: readonly number[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error('the connection is open five seconds after the client has ended it'));
    }, 5000);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
    for (const [index, end] of places.slice(1).entries()) socket.write(bytes.subarray(places[index], end));
    socket.end();
  });
}
