import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { ask } from '../support/raw-varlink.ts';

/** How often a process has gone to sleep so far (proc_pid_status(5)). */
function sleeps(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** Milliseconds of processor time of a process (proc_pid_stat(5), in hundredths of a second). */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

describe.concurrent.each([[[]], [['--busy-poll=50us']], [['--busy-poll=2ms']]])('serve %j', (more) => {
  it('answers, and sleeps while nobody asks', async ({ expect, onTestFinished }) => {
    const daemon = await DaemonProcess.start(undefined, { more });
    onTestFinished(async () => void (await daemon.stop()));
    const socket = join(daemon.runtimeDirectory, 'userdb/io.systemd.Machine');
    for (let n = 0; n < 20; n++) {
      expect(
        await ask(socket, 'io.systemd.UserDatabase.GetUserRecord', { uid: 70_000, service: 'io.systemd.Machine' }),
      ).toEqual({ error: 'io.systemd.UserDatabase.NoRecordFound' });
    }
    await sleep(500);
    const [slept, used] = [sleeps(daemon.pid), processorTime(daemon.pid)];
    await sleep(1000);
    expect(sleeps(daemon.pid) - slept).toBeLessThan(20);
    expect(processorTime(daemon.pid) - used).toBeLessThan(100);
  });
});
