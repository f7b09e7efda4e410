import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { encode } from 'dns-packet';
import fc from 'fast-check';
import { query } from '../../frontends/dns/messages.ts';
import { loopbackAddress } from '../../support/dig.ts';
import { type Door, door } from '../door.ts';
import { mutatedBytes } from '../hostile.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

/** What a server says before it gives its answer. */
interface Said {
  /** In hexadecimal, without the identifier. */
  readonly message: string;
  /** Whether it has the identifier of the question, which who only guesses has not. */
  readonly known: boolean;
  /** What it says over TCP, where it is asked again, in hexadecimal. */
  readonly overTcp: string;
}

const address = loopbackAddress();
const PORT = 5333;
const UPSTREAM = 5334;
const NAME = 'far.example';
const asked = query(NAME, 'A');

const questions = [{ name: NAME, type: 'A' as const }];
const records = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: NAME,
    type: 'A' as const,
    ttl: 60,
    data: `192.0.2.${index}`,
  }));
const responses = [
  encode({ type: 'response', questions, answers: records(1) }),
  encode({ type: 'response', questions, answers: records(200) }),
  encode({ type: 'response', flags: 0x200, questions }),
  encode({ type: 'response', flags: 2, questions }),
  encode({ type: 'response', questions: [{ name: 'bank.example', type: 'A' }], answers: records(1) }),
  encode({ type: 'response', questions, answers: [{ name: NAME, type: 'CNAME', data: 'alias.example' }] }),
].map((message) => message.subarray(2));
const right = encode({ type: 'response', questions, answers: records(1) });
/** Of the identifier, the flags, the counts and the question, which a response repeats. */
const QUESTION = asked.length;

const bytes = fc.oneof(
  { weight: 6, arbitrary: mutatedBytes(responses) },
  { weight: 2, arbitrary: fc.constantFrom(...responses.map((response) => response.toString('hex'))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array).toString('hex')) },
);

/** A server that says what it is told, and then what is right. */
class Upstream {
  said: Said = { message: '', known: false, overTcp: '' };
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server = createServer((socket) => {
    socket.on('error', () => {}).end(Buffer.from(this.said.overTcp, 'hex'));
  });

  async open(): Promise<this> {
    this.#udp.on('message', (question, { port, address: asker }) => {
      const { message, known } = this.said;
      const id = question.subarray(0, 2);
      const guessed = Buffer.of(id[0] as number, (id[1] as number) ^ 1);
      this.#udp.send(Buffer.concat([known ? id : guessed, Buffer.from(message, 'hex')]), port, asker);
      this.#udp.send(Buffer.concat([id, right.subarray(2)]), port, asker);
    });
    this.#udp.bind(UPSTREAM, address);
    this.#tcp.listen(UPSTREAM, address);
    await Promise.all([once(this.#udp, 'listening'), once(this.#tcp, 'listening')]);
    return this;
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
  }
}

export const dnsUpstream: Door = door<Said>({
  name: 'dns-upstream',
  about: 'a server that is forwarded to, or who guesses, says anything: what comes back is a response to the question',
  shortRuns: 800,
  survives: false,
  reaches: ['the right answer', 'another', 'truncated', 'SERVFAIL'],
  inputs: fc.record({ message: bytes, known: fc.boolean(), overTcp: bytes }),
  async open() {
    const upstream = await new Upstream().open();
    const more = [`--dns=${address}:${PORT}`, `--forward=${address}:${UPSTREAM}`];
    const watched = await WatchedDaemon.start({ more });
    const socket = createSocket('udp4');
    socket.connect(PORT, address);
    await once(socket, 'connect');
    let id = 0;
    return {
      async try(said) {
        upstream.said = said;
        let came = '';
        await watched.holds(async () => {
          const question = Buffer.from(asked);
          id = (id + 1) & 0xffff;
          question.writeUInt16BE(id);
          socket.send(question);
          for (;;) {
            const [response] = (await once(socket, 'message', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
            // One to the input before, which was sent again because a lookup beside it was slow.
            if (response.readUInt16BE(0) !== id) continue;
            came = checked(response, question, said);
            return;
          }
        });
        return came;
      },
      async close() {
        socket.close();
        upstream.close();
        await watched.close();
      },
    };
  },
});

/** @throws unless it is a response to the question, and what a guess says is not in it */
function checked(response: Buffer, question: Buffer, { known }: Said): string {
  const told = response.toString('hex');
  if (response.length > 1232) throw new Error(`a response has ${response.length} bytes: ${told}`);
  if (((response[2] as number) & 0x80) === 0) throw new Error(`no response: ${told}`);
  if (!response.subarray(12, QUESTION).equals(question.subarray(12))) throw new Error(`another question: ${told}`);
  if (response.subarray(12).equals(right.subarray(12))) return 'the right answer';
  if (!known) throw new Error(`who did not know the identifier was believed: ${told}`);
  if (((response[2] as number) & 2) !== 0) return 'truncated';
  return ((response[3] as number) & 15) === 2 ? 'SERVFAIL' : 'another';
}
