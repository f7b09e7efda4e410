import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bootTime } from '../../src/linux/clock.ts';
import { Process } from '../../src/linux/process.ts';
import { processAge } from '../../src/linux/process-age.ts';

it('is how long ago a process was started, to two hundredths of a second', async () => {
  const before = performance.now();
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const after = performance.now();
  const process = Process.open(child.pid as number);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const least = performance.now() - after;
  const age = processAge(process) / 1000;
  expect(age).toBeGreaterThan(least - 10);
  expect(age).toBeLessThan(performance.now() - before + 20);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  expect(() => processAge(process)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  process.close();
});

it('counts from the time since boot, which /proc/uptime has too', () => {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  expect(Math.abs(bootTime() / 1e6 - uptime)).toBeLessThan(0.5);
});
