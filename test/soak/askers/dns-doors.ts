import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import { addressesBetween, type Door } from '../asker.ts';
import { LONGEST, type Place } from '../world.ts';

/** Addresses over UDP, one question at a time. */
export function udpDoor(address: string, port: number): Door {
  return {
    name: 'DNS over UDP',
    askers: 2,
    async open() {
      const socket = createSocket('udp4');
      socket.connect(port, address);
      await once(socket, 'connect');
      return {
        async ask(place) {
          const signal = AbortSignal.timeout(LONGEST);
          socket.send(encode(question(place)));
          const [response] = (await once(socket, 'message', { signal })) as [Buffer];
          return answerOf(decode(response), place);
        },
        right: addressesBetween,
        close: () => socket.close(),
      };
    },
  };
}

/** Addresses over TCP, with a new connection every hundred questions. */
export function tcpDoor(address: string, port: number): Door {
  return {
    name: 'DNS over TCP',
    askers: 1,
    async open() {
      let socket = connect(port, address);
      let count = 0;
      return {
        async ask(place) {
          if (++count % 100 === 0) {
            socket.destroy();
            socket = connect(port, address);
          }
          const message = encode(question(place));
          const frame = Buffer.alloc(2 + message.length);
          frame.writeUInt16BE(message.length);
          frame.set(message, 2);
          socket.write(frame);
          let response = Buffer.alloc(0);
          while (response.length < 2 || response.length < 2 + response.readUInt16BE(0)) {
            const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(LONGEST) })) as [Buffer];
            response = Buffer.concat([response, chunk]);
          }
          return answerOf(decode(response.subarray(2)), place);
        },
        right: addressesBetween,
        close: () => socket.destroy(),
      };
    },
  };
}

function question({ name }: Place): Packet {
  return { type: 'query', id: 1, questions: [{ type: 'A', name: `${name}.machine.internal` }] };
}

function answerOf({ answers = [], rcode }: DecodedPacket & { readonly rcode?: string }, { name }: Place): string {
  if (rcode === 'NXDOMAIN') return 'none';
  if (rcode !== 'NOERROR') throw new Error(`${name}: ${rcode}`);
  return answers
    .map((answer) => (answer.type === 'A' ? answer.data : answer.type))
    .sort()
    .join(' ');
}
