import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { currentTimestamp } from '../../../src/linux/clock.ts';
import { Process } from '../../../src/linux/process.ts';
import { pinSameProcess } from '../../../src/sources/kernel/pin-same-process.ts';

test('without pidfd ids a process that began after the machine is another one', async () => {
  const before = currentTimestamp().monotonic;
  // The kernel tells when a process began in hundredths of a second.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid as number;
  try {
    expect(pinSameProcess({ pid }, before)).toBeUndefined();
    for (const registered of [currentTimestamp().monotonic, 0]) {
      const pinned = pinSameProcess({ pid }, registered);
      expect(pinned?.pid).toBe(pid);
      pinned?.close();
    }
    const own = Process.open(pid);
    own.close();
    expect(pinSameProcess({ pid, pidfdId: (own.id ?? 0) + 1 }, 0) === undefined).toBe(own.id !== undefined);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  expect(pinSameProcess({ pid }, 0)).toBeUndefined();
});
