import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { ask } from '../ask.ts';
import { mainThreadTime } from './process-figures.ts';
import type { BusService, Target } from './target.ts';

/** A daemon of this checkout, as built. */
export interface Mymachines extends Target {
  readonly pid: number;
  readonly bus: BusService;
  /** Ends it, and leaves its state files. */
  stop(): Promise<void>;
}

/** What a daemon is started with. */
export interface MymachinesOptions {
  readonly bus: BusService;
  /** One of its own, which goes with this process, unless given. */
  readonly runtimeDirectory?: string;
  /** Further options of `serve`. */
  readonly more?: readonly string[];
}

/** Starts one. It ends with this process. */
export async function startMymachines(
  projectRoot: string,
  { bus, runtimeDirectory = newRuntimeDirectory(), more = [] }: MymachinesOptions,
): Promise<Mymachines> {
  const options = ['--runtime-dir', runtimeDirectory, '--bus', `unix:path=${bus.socket}`, '--log-level', 'warning'];
  const daemon = spawn(process.execPath, [main(projectRoot), 'serve', ...options, ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const kill = (): void => void daemon.kill('SIGKILL');
  // Before its bus goes.
  process.prependListener('exit', kill);
  const ended = new Promise<never>((_, reject) => {
    daemon.once('error', reject);
    daemon.once('exit', (status, signal) => reject(new Error(`mymachines serve ended with ${status ?? signal}`)));
  });
  // Nobody waits for it once the daemon is up; a load on a dead daemon fails by itself.
  ended.catch(() => {});
  await Promise.race([ended, untilAnswering(`${runtimeDirectory}/userdb/io.systemd.Machine`)]);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await end(daemon);
  };
  return { name: 'mymachines', version: version(projectRoot), pid: daemon.pid as number, runtimeDirectory, bus, stop };
}

/** Milliseconds from the start of a daemon to its word that it is ready, and of processor time that it took. */
export async function timeToReady(
  projectRoot: string,
  { bus, runtimeDirectory = newRuntimeDirectory() }: MymachinesOptions,
): Promise<{ readonly elapsed: number; readonly processor: number }> {
  const options = ['--runtime-dir', runtimeDirectory, '--bus', `unix:path=${bus.socket}`];
  const start = performance.now();
  const daemon = spawn(process.execPath, [main(projectRoot), 'serve', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  try {
    for await (const text of daemon.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      log += text;
      if (/ info ready /.test(log)) {
        const elapsed = performance.now() - start;
        return { elapsed, processor: mainThreadTime(daemon.pid as number) };
      }
    }
    throw new Error(`mymachines serve did not become ready: ${log}`);
  } finally {
    daemon.stderr.resume();
    await end(daemon);
  }
}

/** Whether `serve` has an option. */
export function hasOption(projectRoot: string, option: string): boolean {
  return execFileSync(process.execPath, [main(projectRoot), '--help'], { encoding: 'utf8' }).includes(option);
}

/** A directory for sockets and state files, which goes with this process. */
export function newRuntimeDirectory(): string {
  const directory = mkdtempSync('/run/mymachines-bench-');
  // Others than root may look for sockets in it.
  chmodSync(directory, 0o755);
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function main(projectRoot: string): string {
  return `${projectRoot}/dist/cli/main.js`;
}

function version(projectRoot: string): string {
  return (JSON.parse(readFileSync(`${projectRoot}/package.json`, 'utf8')) as { version: string }).version;
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await ended;
}

async function untilAnswering(socket: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!existsSync(socket)) {
    if (Date.now() > deadline) throw new Error(`mymachines serve has made no ${socket} in 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await ask(socket, ['{"method":"org.varlink.service.GetInfo"}']);
}
