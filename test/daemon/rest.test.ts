import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { askAll } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** How often each thread of a process has gone to sleep so far (proc_pid_status(5)). */
function sleeps(pid: number): Record<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread): [string, number] => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    return [thread, Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(text)?.[1])];
  });
  return Object.fromEntries(threads);
}

/** For how many milliseconds the main thread of a process waits for descriptors; -1: until something happens. */
function timeout(pid: number): number | undefined {
  const [call, ...parameters] = readFileSync(`/proc/${pid}/syscall`, 'latin1').split(' ');
  return Number(call) === EPOLL_PWAIT ? Number(parameters[3]) | 0 : undefined;
}

// In a network namespace of its own: what others do in those that it sees would wake it, and may.
describe.skipIf(unavailable !== undefined)('a daemon with machines that is left alone', { timeout: 120_000 }, () => {
  let daemon: DaemonProcess;
  let leaders: ChildProcess[] = [];

  afterEach(async () => {
    for (const leader of leaders) leader.kill('SIGKILL');
    leaders = [];
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true, force: true });
  });

  test('settles within a minute: memory is given back, no thread wakes any more, and none waits for a time', async () => {
    daemon = await DaemonProcess.start(undefined, { through: ['unshare', '--net'] });
    leaders = Array.from({ length: 20 }, () => spawn('sleep', ['600'], { stdio: 'ignore' }));
    const machines = leaders.map(({ pid }, index) => ({ name: `m${index}`, class: 'container', leader: pid }));
    const register = machines.map((machine) => ({ method: 'io.systemd.Machine.Register', parameters: machine }));
    await askAll(daemon.machineSocket, register);
    const user = { userName: 'vu-m0-0', service: daemon.service };
    await askAll(daemon.userdbSocket, [{ method: 'io.systemd.UserDatabase.GetUserRecord', parameters: user }]);
    const unregister = { method: 'io.systemd.Machine.Unregister', parameters: { name: 'm0' } };
    await askAll(daemon.machineSocket, Array.from({ length: ROUNDS }, () => [unregister, register[0] ?? {}]).flat());
    const { residentMemory: memory } = daemon;

    const deadline = Date.now() + SETTLED;
    let before: Record<string, number>;
    let after: Record<string, number>;
    do {
      before = sleeps(daemon.pid);
      await sleep(WATCHED);
      after = sleeps(daemon.pid);
    } while (Date.now() < deadline && JSON.stringify(before) !== JSON.stringify(after));
    expect(after).toEqual(before);
    // Also one that goes off once a minute would be seen.
    if (process.arch === 'x64') expect(timeout(daemon.pid)).toBe(-1);
    expect(memory - daemon.residentMemory).toBeGreaterThan(MEBIBYTE);
  });
});

/** epoll_pwait(2) on x86-64, which libuv waits with. */
const EPOLL_PWAIT = 281;
/** Milliseconds. */
const SETTLED = 60_000;
const WATCHED = 5000;
const MEBIBYTE = 1024 * 1024;
const ROUNDS = 1500;
