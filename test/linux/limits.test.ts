import { closeSync, openSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { declare } from '../../src/linux/libc.ts';
import { descriptorsInUse, raiseDescriptorLimit } from '../../src/linux/limits.ts';

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

it('tells how many descriptors are open, and how many may be', () => {
  const { open, limit } = descriptorsInUse();
  expect(limit).toBe(Number(limits()[0]));
  const more = Array.from({ length: 5 }, () => openSync('/dev/null', 'r'));
  expect(descriptorsInUse().open).toBe(open + 5);
  for (const fd of more) closeSync(fd);
  expect(descriptorsInUse().open).toBe(open);
});

it('tells so when all of them are in use', () => {
  const fds: number[] = [];
  const { open } = descriptorsInUse();
  expect(setrlimit(7, new BigUint64Array([BigInt(open + 8), BigInt(limits()[1] as string)]))).toBe(0);
  const fill = (): void => {
    for (;;) fds.push(openSync('/dev/null', 'r'));
  };
  expect(fill).toThrow('EMFILE');
  const found = descriptorsInUse();
  for (const fd of fds) closeSync(fd);
  expect(found.open).toBe(found.limit);
  raiseDescriptorLimit();
});
