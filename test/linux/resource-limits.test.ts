import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseLimits, takeLimits } from '../../src/linux/resource-limits.ts';

it('reads what prlimit(1) tells of this process', () => {
  const text = execFileSync('prlimit', [
    '--pid',
    `${process.pid}`,
    '--raw',
    '--noheadings',
    '--output',
    'RESOURCE,SOFT,HARD',
  ]);
  const order =
    'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME'.split(' ');
  const told = new Map(
    text
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/) as [string, string, string])
      .map(([name, ...values]) => [
        order.indexOf(name),
        values.map((value) => (value === 'unlimited' ? 2n ** 64n - 1n : BigInt(value))),
      ]),
  );
  const limits = parseLimits(readFileSync('/proc/self/limits', 'utf8'));
  expect(new Map(limits.map(({ resource, soft, hard }) => [resource, [soft, hard]]))).toEqual(told);
});

it('takes as much as it may of what is above that', () => {
  const text = (): string => readFileSync('/proc/self/limits', 'utf8');
  const before = text();
  const own = parseLimits(before);
  // More descriptors than the kernel lets anybody have (fs.nr_open).
  takeLimits(own.map((limit) => (limit.resource === NOFILE ? { ...limit, hard: 2n ** 60n } : limit)));
  expect(text()).toBe(before);
});

const NOFILE = 7;
