import { decode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomIntegers } from '../../../bench/random.ts';
import { readQuery } from '../../../src/frontends/dns/query.ts';
import { readUpstreamResponse, relayedResponse } from '../../../src/frontends/dns/upstream-message.ts';
import { mutated } from '../../support/mutate.ts';
import { digQueries } from './messages.ts';
import { SampleNames } from './sample-names.ts';

const asker = () => Uint8Array.of(127, 0, 0, 1);
const captures = [...digQueries().values()];

describe('messages that nobody should send', () => {
  const sample = new SampleNames(() => ['class=container', 'x'.repeat(300)]);
  const responder = sample.responder();

  /** What every response must be, whatever came. Gives its code. */
  function check(message: Buffer, transport: 'udp' | 'tcp'): number | undefined {
    const before = Buffer.from(message);
    const response = responder.respond(message, asker, transport);
    if (!message.equals(before)) throw new Error(`the query was changed: ${before.toString('hex')}`);
    if (response === undefined) return undefined;
    if (!(response instanceof Buffer)) throw new Error('nothing is forwarded here');
    try {
      const { flag_qr: isResponse, id } = decode(response);
      if (decode.bytes !== response.length || !isResponse || id !== message.readUInt16BE(0)) throw new Error('wrong');
      if (response.length > (transport === 'udp' ? 1232 : 65_535)) throw new Error('too long');
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${response.toString('hex')} to ${message.toString('hex')}`);
    }
    return (response[3] as number) & 15;
  }

  it('are answered with what can be read, or not at all: 100,000 mutated captures', () => {
    const random = randomIntegers(4);
    const codes = new Map<number | undefined, number>();
    for (let round = 0; round < 100_000; round++) {
      const message = mutated(captures[random(captures.length)] as Buffer, random);
      const code = check(message, random(4) === 0 ? 'tcp' : 'udp');
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(sample.problems).toEqual([]);
    // They are not all the same: silence, answers, FORMERR, NXDOMAIN, NOTIMP and REFUSED are all reached.
    for (const code of [undefined, 0, 1, 3, 4, 5]) expect(codes.get(code), `${code}`).toBeGreaterThan(100);
  });

  it('are answered with what can be read, or not at all: any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.boolean(), (bytes, tcp) => {
        check(Buffer.from(bytes), tcp ? 'tcp' : 'udp');
      }),
      { numRuns: 5000 },
    );
    const header = Buffer.from('123401000001000000000001', 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        check(Buffer.concat([header, bytes]), 'udp');
      }),
      { numRuns: 5000 },
    );
    expect(sample.problems).toEqual([]);
  });

  it('cost no more than others, pointers to pointers included', () => {
    // Of the longest that a connection takes: a question, and then what a decoder could follow for long.
    const chain = Buffer.alloc(4096);
    Buffer.from('123401000001000000000002037765620000010001', 'hex').copy(chain);
    for (let at = 21; at + 2 <= chain.length; at += 2) chain.writeUInt16BE(0xc000 | Math.max(12, at - 2), at);
    const start = performance.now();
    for (let times = 0; times < 100; times++) check(chain, 'udp');
    expect((performance.now() - start) / 100).toBeLessThan(5);
  });

  it('are as harmless from an upstream server', () => {
    const message = captures[0] as Buffer;
    const query = readQuery(message);
    if (typeof query === 'string') throw new Error(query);
    const random = randomIntegers(5);
    // As a server would answer: an alias and two addresses, in the compression of RFC 1035.
    const answer = Buffer.concat([
      Buffer.from('432181800001000300000000', 'hex'),
      query.question.wire,
      Buffer.from('c00c00050001000000000004017ac00c', 'hex'),
      Buffer.from(`${'c00c000100010000000000040a000002'.repeat(2)}`, 'hex'),
    ]);
    expect(readUpstreamResponse(answer, query, 0x4321)).toBeDefined();
    let read = 0;
    for (let round = 0; round < 50_000; round++) {
      const changed = mutated(answer, random);
      const response = readUpstreamResponse(changed, query, 0x4321);
      if (response === undefined) continue;
      read++;
      const relayed = relayedResponse(response, query);
      expect(relayed.readUInt16BE(0)).toBe(query.id);
      expect(relayed.subarray(12, 12 + query.question.wire.length).equals(query.question.wire)).toBe(true);
    }
    expect(read).toBeGreaterThan(1000);
  });
});
