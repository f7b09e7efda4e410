import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasExited, openPidfd, pidfdId, pidOfPidfd, signalPidfd } from '../../src/linux/pidfd.ts';
import { startProcess, stop } from './process-tree.ts';

describe('pidfd', () => {
  it('stands for one process, and knows its number and that it lives', async () => {
    const child = startProcess();
    const fd = openPidfd(child.pid);
    expect(pidOfPidfd(fd)).toBe(child.pid);
    expect(hasExited(fd)).toBe(false);
    await stop(child);
    expect(hasExited(fd)).toBe(true);
    expect(() => pidOfPidfd(fd)).toThrow('ESRCH');
    expect(() => signalPidfd(fd, 0)).toThrow('ESRCH');
    closeSync(fd);
  });

  it('sees a process that its parent has not reaped yet as ended', async () => {
    // The shell that becomes sleep never waits for its child.
    const parent = startProcess('sh', ['-c', 'sleep 0 & exec sleep 1000']);
    let zombie: number | undefined;
    for (let turns = 0; zombie === undefined && turns < 200; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim();
      if (children !== '' && /^State:\tZ/m.test(readFileSync(`/proc/${children}/status`, 'utf8')))
        zombie = Number(children);
    }
    const fd = openPidfd(zombie as number);
    expect(hasExited(fd)).toBe(true);
    closeSync(fd);
    await stop(parent);
  });

  it('delivers a signal', async () => {
    const child = startProcess();
    const fd = openPidfd(child.pid);
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    expect(() => signalPidfd(fd, 999)).toThrow('EINVAL');
    signalPidfd(fd, 15);
    expect(await ended).toBe('SIGTERM');
    closeSync(fd);
  });

  it('has an id of its own that stays the same for the process (Linux 6.9)', async () => {
    const [one, two] = [startProcess(), startProcess()];
    const fds = [openPidfd(one.pid), openPidfd(one.pid), openPidfd(two.pid)];
    const [a, again, b] = fds.map(pidfdId);
    if (a === undefined) console.log('skipped: this kernel has no pidfs');
    else {
      expect(a).toBe(fstatSync(fds[0] as number).ino);
      expect(again).toBe(a);
      expect(b).not.toBe(a);
    }
    for (const fd of fds) closeSync(fd);
    await Promise.all([stop(one), stop(two)]);
  });

  it('is close-on-exec', () => {
    const fd = openPidfd(process.pid);
    const flags = /^flags:\t0(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    expect(Number.parseInt(flags as string, 8) & 0o2000000).toBe(0o2000000);
    closeSync(fd);
  });

  it('refuses a number without a process, a thread, and a descriptor that is no pidfd', () => {
    expect(() => openPidfd(0x7ffffff0)).toThrow('pidfd_open 2147483632: ESRCH');
    const thread = readdirSync('/proc/self/task')
      .map(Number)
      .find((tid) => tid !== process.pid);
    expect(() => openPidfd(thread as number)).toThrow(/EINVAL|ENOENT/);
    const file = openSync('/dev/null', 'r');
    expect(() => pidOfPidfd(file)).toThrow(`descriptor ${file} is no pidfd`);
    expect(() => signalPidfd(file, 0)).toThrow('EBADF');
    expect(pidfdId(file)).toBeUndefined();
    closeSync(file);
  });
});
