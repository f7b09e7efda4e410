import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compiledMain } from '../../support/build.ts';
import { openDirectory } from '../../support/daemon-process.ts';
import { containersUnavailable } from '../../support/namespaces.ts';
import { call, listMachines } from './calls.ts';
import { kept } from './kept.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** In a PID namespace of its own, where nobody else takes numbers, a shell starts the daemon and the leaders. */
describe.skipIf(unavailable !== undefined)('a leader that ends while nobody looks', { timeout: 60_000 }, () => {
  const directory = openDirectory('mymachines-recycled-');
  const socket = join(directory, 'machine/io.systemd.Machine');
  const log = join(directory, 'log');
  let shell: ChildProcessByStdio<Writable, Readable, null>;

  beforeAll(() => {
    const program = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh'];
    shell = spawn('setpriv', ['--pdeathsig', 'KILL', ...program], { stdio: ['pipe', 'pipe', 'inherit'] });
    shell.stdout.setEncoding('utf8');
  });
  afterAll(() => {
    shell.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });

  /** Runs commands and gives the number that they print at the end. */
  function run(commands: string): Promise<number> {
    return new Promise((resolve) => {
      shell.stdout.once('data', (text: string) => resolve(Number(text)));
      shell.stdin.write(`${commands}\n`);
    });
  }

  async function startDaemon(): Promise<number> {
    writeFileSync(log, '');
    const serve = `'${process.execPath}' '${compiledMain}' serve --runtime-dir '${directory}' --log-level info`;
    const pid = await run(`${serve} 2>'${log}' & echo $!`);
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain(' info ready '), 20_000);
    return pid;
  }
  const kill = (pid: number) => run(`kill -9 ${pid}; wait ${pid} 2>/dev/null; echo 0`);
  const startLeader = () => run('sleep 1000 >/dev/null & echo $!');
  const names = async () => [...(await listMachines(socket)).keys()];

  async function keptOnce(old: boolean, recycle: (leader: number) => Promise<unknown>): Promise<string[]> {
    let daemon = await startDaemon();
    const leader = await startLeader();
    const parameters = { name: 'web', class: 'container', leader };
    expect(await call(socket, 'io.systemd.Machine.Register', parameters)).toEqual([{}]);
    await kill(daemon);
    const path = join(directory, 'machines/web');
    const state = readFileSync(path, 'utf8');
    // As it is written where the kernel has no pidfd ids.
    if (old) writeFileSync(path, state.replace(/^LEADER_PIDFDID=.*\n/m, ''));
    await recycle(leader);
    daemon = await startDaemon();
    const found = await names();
    expect(kept(directory)).toEqual(found);
    if (found.length > 0) await call(socket, 'io.systemd.Machine.Unregister', { name: 'web' });
    await kill(daemon);
    await kill(leader);
    return found;
  }

  test.each([false, true])('is not taken for the process that has its number then (no pidfd ids: %s)', async (old) => {
    const found = await keptOnce(old, async (leader) => {
      await kill(leader);
      // The kernel tells when processes were started in hundredths of a second.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await run(`echo ${leader - 1} >/proc/sys/kernel/ns_last_pid; sleep 1000 >/dev/null & echo $!`)).toBe(
        leader,
      );
    });
    expect(found).toEqual([]);
  });

  test.each([false, true])('is forgotten when nobody has it (no pidfd ids: %s)', async (old) => {
    expect(await keptOnce(old, kill)).toEqual([]);
  });

  test.each([false, true])('is still there when it is the same (no pidfd ids: %s)', async (old) => {
    expect(await keptOnce(old, async () => {})).toEqual(['web']);
  });
});
