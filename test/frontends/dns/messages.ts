import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DecodedPacket, decode, encode, type OptAnswer, type Packet } from 'dns-packet';
import { projectRoot } from '../../support/project-root.ts';

/** A query as dns-packet writes it, and what there is of it besides the question. */
export function query(name: string, type: string, rest: Packet = {}): Buffer {
  return encode({ id: 0x1234, type: 'query', flags: 0x0100, questions: [{ name, type: type as 'A' }], ...rest });
}

/** An OPT record as dig's, but for some fields. */
export function opt(fields: object = {}): OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
    ...fields,
  };
}

/** What dns-packet makes of a response; fails where there is none. */
export function decoded(response: Buffer | undefined | Promise<Buffer>): DecodedPacket {
  if (!(response instanceof Buffer)) throw new Error(`no response: ${response}`);
  const packet = decode(response);
  if (decode.bytes !== response.length) throw new Error(`${response.length - decode.bytes} bytes behind the response`);
  return packet;
}

/** Queries that dig has sent, by its parameters. */
export function digQueries(): ReadonlyMap<string, Buffer> {
  const text = readFileSync(join(projectRoot, 'fixtures/dns/dig-queries.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [hex = '', ...parameters] = line.split(' ');
      return [parameters.join(' '), Buffer.from(hex, 'hex')];
    }),
  );
}
