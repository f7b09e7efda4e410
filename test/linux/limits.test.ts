import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { declare } from '../../src/linux/libc.ts';
import { raiseDescriptorLimit } from '../../src/linux/limits.ts';

const setrlimit = declare('int setrlimit(int resource, void *limit)');

function limits(): string[] {
  return /^Max open files +(\d+) +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.slice(1) ?? [];
}

it('raises the soft limit of descriptors to the hard one, and says what it was', () => {
  const [, hard] = limits();
  expect(setrlimit(7, new BigUint64Array([500n, BigInt(hard as string)]))).toBe(0);
  expect(limits()).toEqual(['500', hard]);
  expect(raiseDescriptorLimit()).toEqual({ before: 500, after: Number(hard) });
  expect(limits()).toEqual([hard, hard]);
  expect(raiseDescriptorLimit()).toEqual({ before: Number(hard), after: Number(hard) });
});
