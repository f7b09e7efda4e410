import { describe, expect, test } from 'vitest';
import { KeptReplies } from '../../../src/frontends/resolve-hook/kept-replies.ts';

const reply = { message: Buffer.from('{}\0'), machines: [] };
const call = (n: number): Buffer => Buffer.from(`call ${n}\0`);

describe('replies that are kept', () => {
  test('are those to the very same bytes', () => {
    const kept = new KeptReplies();
    expect(kept.find(call(1))).toBeUndefined();
    const bytes = Buffer.from([0xe4, 0xff, 0x00]);
    kept.keep(bytes, reply);
    // The bytes of a call are overwritten by the next.
    bytes.fill(1);
    expect(kept.find(bytes)).toBeUndefined();
    expect(kept.find(Buffer.from([0xe4, 0xff, 0x00]))).toBe(reply);
    expect(kept.find(Buffer.from([0xc3, 0xa4, 0xff, 0x00]))).toBeUndefined();
    kept.clear();
    expect(kept.find(Buffer.from([0xe4, 0xff, 0x00]))).toBeUndefined();
  });

  test('are neither long nor many', () => {
    const kept = new KeptReplies();
    kept.keep(call(0), { message: Buffer.alloc(2049), machines: [] });
    expect(kept.find(call(0))).toBeUndefined();
    const long = Buffer.alloc(321, 'x');
    kept.keep(long, reply);
    expect(kept.find(long)).toBeUndefined();
    for (let n = 0; n < 20_000; n++) kept.keep(call(n), reply);
    const found = Array.from({ length: 20_000 }, (_, n) => n).filter((n) => kept.find(call(n)) !== undefined);
    expect(found.length).toBeLessThanOrEqual(4096);
    expect(found).toContain(19_999);
  });
});
