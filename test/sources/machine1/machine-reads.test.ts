import { beforeEach, describe, expect, it } from 'vitest';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { MachineReads } from '../../../src/sources/machine1/machine-reads.ts';

const name = (text: string): MachineName => text as MachineName;

describe('MachineReads', () => {
  let asked: { name: string; answer: (text: string) => void; fail: (error: Error) => void }[];
  let told: string[];
  let reads: MachineReads<string>;
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    asked = [];
    told = [];
    reads = new MachineReads(
      (machine) => new Promise((answer, fail) => asked.push({ name: machine, answer, fail })),
      (machine, answer) => told.push(`${machine} ${answer}`),
      (machine, error) => told.push(`${machine} failed: ${error.message}`),
    );
  });

  it('tells each answer, and is idle when nothing is on its way', async () => {
    expect(reads.idle).toBe(true);
    reads.request(name('a'));
    reads.request(name('b'));
    expect(reads.idle).toBe(false);
    asked[1]?.answer('1');
    asked[0]?.fail(new Error('no'));
    await settle();
    expect(told.sort()).toEqual(['a failed: no', 'b 1']);
    expect(reads.idle).toBe(true);
  });

  it('drops an answer to what was asked before there was news', async () => {
    reads.request(name('a'));
    reads.request(name('a'));
    asked[0]?.answer('old');
    await settle();
    expect(told).toEqual([]);
    expect(reads.idle).toBe(false);
    asked[1]?.answer('new');
    await settle();
    expect(told).toEqual(['a new']);
  });

  it('drops an answer that came in the same breath as the news', async () => {
    reads.request(name('a'));
    asked[0]?.answer('there');
    reads.forget(name('a'));
    await settle();
    expect(told).toEqual([]);
    expect(reads.idle).toBe(true);
  });

  it('asks sixteen at once, whatever becomes of them, and all in the end', async () => {
    for (let i = 0; i < 50; i++) reads.request(name(`m${i}`));
    expect(asked).toHaveLength(16);
    reads.forget(name('m0'));
    reads.forget(name('m20'));
    expect(asked).toHaveLength(16);
    for (let i = 0; i < 49; i++) {
      asked[i]?.answer('x');
      await settle();
      expect(asked.length).toBeLessThanOrEqual(i + 17);
    }
    expect(asked.map((question) => question.name)).not.toContain('m20');
    expect(told).toHaveLength(48);
    expect(reads.idle).toBe(true);
  });

  it('is idle when it is cleared, and tells nothing more', async () => {
    for (let i = 0; i < 20; i++) reads.request(name(`m${i}`));
    reads.clear();
    expect(reads.idle).toBe(true);
    for (const question of asked) question.answer('x');
    await settle();
    expect(told).toEqual([]);
    expect(asked).toHaveLength(16);
  });
});
