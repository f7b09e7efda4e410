import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeptReplies } from '../../../src/frontends/resolve-hook/kept-replies.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const reply = { message: Buffer.from('{}\0'), machines: [] };
const call = (n: number): Buffer => Buffer.from(`call ${n}\0`);

function messageTo(kept: KeptReplies, bytes: Buffer): string | undefined {
  const place = kept.find(bytes);
  return place === 0 ? undefined : kept.message(place).toString('latin1');
}

describe('replies that are kept', () => {
  test('are those to the very same bytes', () => {
    const kept = new KeptReplies();
    expect(kept.find(call(1))).toBe(0);
    const bytes = Buffer.from([0xe4, 0xff, 0x00]);
    const message = Buffer.from('{"a":1}\0');
    kept.keep(bytes, { message, machines: [] });
    // The bytes of a call are overwritten by the next, and those of a reply by its maker.
    bytes.fill(1);
    message.fill(1);
    expect(kept.find(bytes)).toBe(0);
    expect(messageTo(kept, Buffer.from([0xe4, 0xff, 0x00]))).toBe('{"a":1}\0');
    expect(kept.find(Buffer.from([0xc3, 0xa4, 0xff, 0x00]))).toBe(0);
    kept.clear();
    expect(kept.find(Buffer.from([0xe4, 0xff, 0x00]))).toBe(0);
  });

  test('are told apart where calls differ far from their end only', () => {
    const kept = new KeptReplies();
    const long = (n: number): Buffer => Buffer.from(`call ${n} ${'x'.repeat(100)}`);
    for (let n = 0; n < 5; n++) kept.keep(long(n), { message: Buffer.from(`reply ${n}`), machines: [] });
    for (let n = 0; n < 5; n++) expect(messageTo(kept, long(n))).toBe(`reply ${n}`);
    expect(kept.find(long(5))).toBe(0);
  });

  test('are neither long nor many', () => {
    const kept = new KeptReplies();
    kept.keep(call(0), { message: Buffer.alloc(2049), machines: [] });
    expect(kept.find(call(0))).toBe(0);
    const long = Buffer.alloc(321, 'x');
    kept.keep(long, reply);
    expect(kept.find(long)).toBe(0);
    const large = Buffer.alloc(2048, 'y');
    for (let n = 0; n < 20_000; n++) kept.keep(call(n), { message: large, machines: [] });
    const found = Array.from({ length: 20_000 }, (_, n) => n).filter((n) => kept.find(call(n)) !== 0);
    expect(found.length * large.length).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(found.at(-1)).toBeGreaterThan(19_990);
  });

  test('are those of a thousand machines whose names differ at their beginnings only', () => {
    const kept = new KeptReplies();
    const names = Array.from({ length: 1000 }, (_, n) => `n${n}.`.padEnd(64, 'a-long-suffix'));
    const asking = names.map((name) => Buffer.from(`{"key":{"class":1,"type":1,"name":"${name}."}}]}}\0`));
    for (const [n, bytes] of asking.entries()) kept.keep(bytes, { message: Buffer.from(`${n} `), machines: [] });
    const found = asking.filter((bytes, n) => messageTo(kept, bytes) === `${n} `);
    // By chance some have too many near them; of five hundred beginnings of the hashes the worst left 981.
    expect(found.length).toBeGreaterThan(960);
  });

  test('are those of ten thousand machines', () => {
    const kept = new KeptReplies();
    for (let n = 0; n < 10_000; n++) kept.keep(call(n), { message: Buffer.alloc(500, `${n} `), machines: [] });
    const found = Array.from({ length: 10_000 }, (_, n) => n).filter((n) =>
      messageTo(kept, call(n))?.startsWith(`${n} `),
    );
    expect(found.length).toBeGreaterThan(9900);
  });

  test('tell whom they are about', () => {
    const kept = new KeptReplies();
    const machines = [sampleMachine('web'), sampleMachine('db')];
    kept.keep(call(1), reply);
    kept.keep(call(2), { message: reply.message, machines });
    expect(kept.machines(kept.find(call(2)))).toEqual(machines);
    expect(kept.machines(kept.find(call(1)))).toEqual([]);
  });

  test('are what was kept since the last change', () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(fc.nat(30), fc.string({ maxLength: 40 })) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const kept = new KeptReplies();
        const model = new Map<number, string>();
        for (const step of steps) {
          if (step === 'clear') {
            kept.clear();
            model.clear();
            continue;
          }
          const [n, text] = step;
          const known = messageTo(kept, call(n));
          if (known !== undefined) expect(known).toBe(model.get(n));
          if (known !== undefined) continue;
          model.set(n, Buffer.from(text).toString('latin1'));
          kept.keep(call(n), { message: Buffer.from(text), machines: [] });
          expect(messageTo(kept, call(n))).toBe(model.get(n));
        }
      }),
    );
  });

  test('are found whatever names somebody makes up, where their hashes without a number of ours are the same', () => {
    // FNV-1a as it stands in its description: all lead to one place of the index and those next to it.
    const fnv = (bytes: Buffer): number => {
      const hash = bytes.reduce((value, byte) => Math.imul(value ^ byte, 0x0100_0193), 0x811c9dc5 ^ bytes.length);
      return (hash ^ (hash >>> 15)) & 31;
    };
    const victim = call(1_000_000);
    const hostile = Array.from({ length: 1_000_000 - 100_000 }, (_, n) => call(n + 100_000))
      .filter((bytes) => (fnv(bytes) - fnv(victim) + 32) % 32 < 2)
      .slice(0, 14);
    const found = Array.from({ length: 40 }, () => {
      const kept = new KeptReplies();
      for (const bytes of [...hostile, victim]) kept.keep(bytes, reply);
      return kept.find(victim) !== 0;
    });
    expect(found.filter(Boolean).length).toBeGreaterThan(25);
  });

  test('take no room where they could not be found again', () => {
    const kept = new KeptReplies();
    // The same but for what is not looked at first: no more than eight have room next to each other.
    const alike = (n: number): Buffer => Buffer.from(`call ${n} ${'x'.repeat(100)}`);
    const large = Buffer.alloc(2000, 'y');
    kept.keep(call(1), reply);
    for (let round = 0; round < 5000; round++) kept.keep(alike((round % 9) + 1), { message: large, machines: [] });
    expect(kept.find(call(1))).not.toBe(0);
  });
});
