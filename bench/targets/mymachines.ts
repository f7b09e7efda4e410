import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { ask } from '../ask.ts';
import type { BusService, Target } from './target.ts';

/** Starts the daemon of this checkout, as built, on a bus and with a runtime directory of its own. It ends with this process. */
export async function startMymachines(projectRoot: string, bus: BusService): Promise<Target> {
  const { version } = JSON.parse(readFileSync(`${projectRoot}/package.json`, 'utf8')) as { version: string };
  const runtimeDirectory = mkdtempSync('/run/mymachines-bench-');
  const serve = ['serve', '--bus', `unix:path=${bus.socket}`];
  const daemon = spawn(
    process.execPath,
    [`${projectRoot}/dist/cli/main.js`, ...serve, '--runtime-dir', runtimeDirectory, '--log-level', 'warning'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  // Before its bus goes.
  process.prependListener('exit', () => {
    daemon.kill('SIGKILL');
    rmSync(runtimeDirectory, { recursive: true, force: true });
  });
  const ended = new Promise<never>((_, reject) => {
    daemon.once('error', reject);
    daemon.once('exit', (status, signal) => reject(new Error(`mymachines serve ended with ${status ?? signal}`)));
  });
  // Nobody waits for it once the daemon is up; a load on a dead daemon fails by itself.
  ended.catch(() => {});
  await Promise.race([ended, untilAnswering(`${runtimeDirectory}/userdb/io.systemd.Machine`)]);
  return { name: 'mymachines', version, pid: daemon.pid as number, runtimeDirectory, bus };
}

async function untilAnswering(socket: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!existsSync(socket)) {
    if (Date.now() > deadline) throw new Error(`mymachines serve has made no ${socket} in 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await ask(socket, ['{"method":"org.varlink.service.GetInfo"}']);
}
