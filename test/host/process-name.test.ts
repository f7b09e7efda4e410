import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { processName } from '../../src/host/process-name.ts';

test('a process is named by its program, without the directory, a thread of the kernel by what it calls itself', () => {
  expect(processName(process.pid)).toMatch(/^\S+( .*)? \(PID \d+\)$/);
  // kthreadd, which has no command line. In a PID namespace of its own there is none.
  expect(processName(2)).toMatch(/^(\S+ \(PID 2\)|PID 2)$/);
});

test('one that has ended is a number', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  expect(processName(child.pid as number)).toBe(`sleep (PID ${child.pid})`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processName(child.pid as number)).toBe(`PID ${child.pid}`);
});
