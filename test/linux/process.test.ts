import { closeSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { openPidfd } from '../../src/linux/pidfd.ts';
import { Process } from '../../src/linux/process.ts';
import { isKernelThread } from '../../src/linux/process-flags.ts';
import { openDescriptors } from './descriptors.ts';
import { isRoot, startProcess, stop, untilRuns } from './process-tree.ts';

/** In the PID namespace of the host the second process is kthreadd. */
const seesKernelThreads = existsSync('/proc/2/comm') && readFileSync('/proc/2/comm', 'utf8') === 'kthreadd\n';
if (!seesKernelThreads) console.warn('skipped: no threads of the kernel in this PID namespace');

describe('Process', () => {
  let child: ReturnType<typeof startProcess>;
  let opened: Process;

  beforeEach(() => {
    child = startProcess();
    opened = Process.open(child.pid);
  });

  afterEach(async () => {
    opened.close();
    await stop(child);
  });

  it('holds one descriptor and gives it back', () => {
    const before = openDescriptors().size;
    const more = Array.from({ length: 50 }, () => Process.open(child.pid));
    expect(openDescriptors().size).toBe(before + 50);
    for (const one of more) one.readFile('uid_map');
    for (const one of more) one.close();
    for (const one of more) one.close();
    expect(openDescriptors().size).toBe(before);
    expect(() => more[0]?.alive()).toThrow(`process ${child.pid} has been closed`);
  });

  it('is the same process when taken from a pidfd', () => {
    const same = Process.fromPidfd(openPidfd(child.pid));
    expect({ pid: same.pid, id: same.id }).toEqual({ pid: child.pid, id: opened.id });
    same.close();
  });

  it('gives away pidfds of its own, until it has ended', async () => {
    const before = openDescriptors().size;
    const same = Process.fromPidfd(opened.newPidfd());
    expect({ pid: same.pid, id: same.id }).toEqual({ pid: child.pid, id: opened.id });
    same.close();
    await stop(child);
    expect(() => opened.newPidfd()).toThrow('ESRCH');
    expect(openDescriptors().size).toBe(before);
  });

  it('leaves a pidfd that it cannot take to the caller', async () => {
    const pidfd = openPidfd(child.pid);
    await stop(child);
    expect(() => Process.fromPidfd(pidfd)).toThrow('ESRCH');
    closeSync(pidfd);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31])('refuses %s as a process number', (pid) => {
    expect(() => Process.open(pid)).toThrow(`${pid} is no process number`);
  });

  it('says that there is no process of a number', () => {
    expect(() => Process.open(0x7ffffff0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  });

  it('signals, and knows when the process has ended', async () => {
    expect(opened.alive()).toBe(true);
    opened.signal(9);
    await new Promise((resolve) => child.once('exit', resolve));
    expect(opened.alive()).toBe(false);
    expect(() => opened.signal(0)).toThrow('ESRCH');
  });

  it('reports the exit once, within 100 ms', async () => {
    const loop = new EventLoop();
    let exits = 0;
    opened.onExit(loop, () => exits++);
    await sleep(20);
    expect(exits).toBe(0);
    child.kill('SIGKILL');
    await sleep(100);
    expect(exits).toBe(1);
    opened.onExit(loop, () => exits++);
    await sleep(20);
    expect(exits).toBe(2);
    loop.close();
  });

  it('says nothing after one has given up waiting', async () => {
    const loop = new EventLoop();
    let exits = 0;
    opened.onExit(loop, () => exits++)();
    await stop(child);
    await sleep(20);
    expect(exits).toBe(0);
    loop.close();
  });

  it('does not read the files of a process that has ended', async () => {
    await stop(child);
    const failure = expect.objectContaining({ code: 'ESRCH', message: `process ${child.pid}: ESRCH` });
    expect(() => opened.readFile('status')).toThrow(failure);
    expect(() => opened.namespaceId('user')).toThrow(failure);
    expect(() => isKernelThread(opened)).toThrow(failure);
  });

  it('throws away what was read of a process that ended meanwhile', async () => {
    const failure = expect.objectContaining({ code: 'ESRCH' });
    let directory: string | undefined;
    expect(() =>
      opened.inspect((path) => {
        directory = path;
        process.kill(child.pid, 'SIGKILL');
        // Spins until the kernel has ended it: Node reaps it only later, in its loop.
        while (/^State:\t[^Z]/m.test(readFileSync(`${path}/status`, 'utf8')));
        return 'believable';
      }),
    ).toThrow(failure);
    expect(directory).toBe(`/proc/${child.pid}`);
  });

  it('passes on what cannot be read for another reason', () => {
    expect(() => opened.readFile('no-such-file')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('is not taken for a thread of the kernel', () => {
    expect(isKernelThread(opened)).toBe(false);
  });

  it.skipIf(!seesKernelThreads)('is told from a thread of the kernel', () => {
    const thread = Process.open(2);
    expect(isKernelThread(thread)).toBe(true);
    thread.close();
  });
});

describe.skipIf(!isRoot)('Process in namespaces of its own (needs root)', () => {
  let child: ReturnType<typeof startProcess>;
  let opened: Process;

  beforeAll(async () => {
    child = startProcess('unshare', ['--user', '--net', 'sleep', '1000']);
    await untilRuns(child.pid, 'sleep');
    writeFileSync(`/proc/${child.pid}/uid_map`, '0 100000 65536\n');
    writeFileSync(`/proc/${child.pid}/gid_map`, '0 200000 65536\n');
    opened = Process.open(child.pid);
  });

  afterAll(async () => {
    opened.close();
    await stop(child);
  });

  it('tells its id maps', () => {
    expect(opened.readFile('uid_map').trim().split(/\s+/)).toEqual(['0', '100000', '65536']);
    expect(opened.readFile('gid_map').trim().split(/\s+/)).toEqual(['0', '200000', '65536']);
  });

  it('tells which namespaces are ours', () => {
    expect(opened.sharesNamespace('user')).toBe(false);
    expect(opened.sharesNamespace('net')).toBe(false);
    expect(opened.sharesNamespace('pid')).toBe(true);
    expect(readlinkSync(`/proc/${child.pid}/ns/net`)).toBe(`net:[${opened.namespaceId('net')}]`);
  });
});
