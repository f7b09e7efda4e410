import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode } from 'dns-packet';
import fc from 'fast-check';
import { digQueries } from '../../frontends/dns/messages.ts';
import { loopbackAddress } from '../../support/dig.ts';
import { type Door, door } from '../door.ts';
import { mutatedBytes } from '../hostile.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

const address = loopbackAddress();
const captures = [...digQueries().values()];
const framed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const header = Buffer.from('123401000001000000000001', 'hex');
const shortBytes = fc.uint8Array({ maxLength: 300 });
const query = fc.oneof(
  { weight: 8, arbitrary: mutatedBytes(captures) },
  { weight: 1, arbitrary: shortBytes.map(hex) },
  { weight: 2, arbitrary: shortBytes.map((bytes) => hex(Buffer.concat([header, bytes]))) },
);

/** RFC 1035, 4.1.1. */
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Gives its code. @throws unless it is one whole response of at most so many bytes, which dns-packet can read */
function checkResponse(response: Buffer, limit: number): string {
  const { flag_qr: isResponse } = decode(response);
  if (decode.bytes !== response.length || !isResponse) throw new Error(`no response: ${response.toString('hex')}`);
  if (response.length > limit) throw new Error(`a response has ${response.length} bytes`);
  return codes[(response[3] as number) & 15] ?? 'another code';
}

function start(port: number): Promise<WatchedDaemon> {
  return WatchedDaemon.start({ more: [`--dns=${address}:${port}`, '--forward=127.0.0.1:1'] });
}

export const dnsUdp: Door = door<string>({
  name: 'dns-udp',
  about: 'any process, container or guest sends any datagram: what comes back is a response of at most 1232 bytes',
  shortRuns: 10_000,
  survives: false,
  reaches: ['nothing yet', 'NOERROR', 'FORMERR', 'NXDOMAIN', 'NOTIMP', 'REFUSED'],
  inputs: query,
  async open() {
    const port = 5331;
    const watched = await start(port);
    const socket = createSocket('udp4').bind(0);
    let fault: unknown;
    let code = 'nothing yet';
    socket.on('message', (message) => {
      try {
        code = checkResponse(message, 1232);
      } catch (error) {
        fault ??= error;
      }
    });
    await once(socket, 'listening');
    return {
      async try(message) {
        code = 'nothing yet';
        await watched.holds(
          () =>
            new Promise<void>((resolve) => socket.send(Buffer.from(message, 'hex'), port, address, () => resolve())),
        );
        // Whether there is a response at all is not to be known: a fault is told with one of the next inputs at the latest.
        if (fault !== undefined) throw fault;
        return code;
      },
      async close() {
        socket.close();
        await watched.close();
      },
    };
  },
});

export const dnsTcp: Door = door<string>({
  name: 'dns-tcp',
  about: 'any process, container or guest sends any bytes over TCP: what comes back is whole responses, then the end',
  shortRuns: 800,
  survives: false,
  reaches: ['the end', 'NOERROR', 'NXDOMAIN', 'NOTIMP', 'REFUSED'],
  inputs: fc.oneof(
    fc
      .array(query, { minLength: 1, maxLength: 3 })
      .map((all) => hex(Buffer.concat(all.map((one) => framed(Buffer.from(one, 'hex')))))),
    mutatedBytes(captures.map(framed)),
    shortBytes.map(hex),
  ),
  async open() {
    const port = 5332;
    const watched = await start(port);
    return {
      async try(bytes) {
        let code = 'the end';
        await watched.holds(async () => {
          const socket = connect(port, address).on('error', () => {});
          const chunks: Buffer[] = [];
          socket.on('data', (chunk) => chunks.push(chunk));
          socket.end(Buffer.from(bytes, 'hex'));
          // What it forwards is answered when the time for that is over, at the latest.
          await once(socket, 'close', { signal: AbortSignal.timeout(12_000) });
          let received = Buffer.concat(chunks);
          while (received.length > 0) {
            const length = received.length < 2 ? 0xffff : received.readUInt16BE(0);
            if (received.length < 2 + length) throw new Error(`half a response: ${hex(received)}`);
            code = checkResponse(received.subarray(2, 2 + length), 65_535);
            received = received.subarray(2 + length);
          }
        });
        return code;
      },
      close: () => watched.close(),
    };
  },
});
