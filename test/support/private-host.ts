import { type ChildProcess, type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Container, startContainer } from './namespaces.ts';

/** How a program ended that ran on a {@link PrivateHost}. */
export interface HostResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * This machine once more, for programs that have their files in fixed places: a mount namespace with an empty /run and
 * the files of a few packages over those of this machine, and a network namespace with nothing in it. What is written
 * into /run is written there only. It ends with this process.
 */
export class PrivateHost {
  /** The network namespace: the containers' `hostSide`. */
  readonly network: Container;
  readonly #holder: ChildProcess;
  readonly #children: ChildProcess[] = [];

  /** @param packages a directory as from debianPackages() */
  static async start(packages: string): Promise<PrivateHost> {
    const network = await startContainer({ hostUsers: true });
    await network.exec('ip', 'link', 'set', 'lo', 'up');
    const inNetwork = ['nsenter', '-t', `${network.pid}`, '-n', '--'];
    const inMounts = ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-ec', MOUNT, 'sh', packages];
    const holder = spawn('setpriv', ['--pdeathsig', 'KILL', ...inNetwork, ...inMounts], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    holder.stderr.on('data', (text: Buffer) => {
      errors += text;
    });
    const ready = once(holder.stdout, 'data').then(() => true);
    if (!(await Promise.race([ready, once(holder, 'exit').then(() => false)]))) {
      await network.stop();
      throw new Error(`there can be no private host here: ${errors.trim()}`);
    }
    return new PrivateHost(network, holder);
  }

  private constructor(network: Container, holder: ChildProcess) {
    this.network = network;
    this.#holder = holder;
  }

  /** Runs a program to its end. Does not throw for a status other than 0. */
  run(program: string, ...parameters: readonly string[]): Promise<HostResult> {
    const [command, ...rest] = this.#inside(program, parameters);
    const env = { ...process.env, LC_ALL: 'C.UTF-8', SYSTEMD_PAGER: 'cat', SYSTEMD_COLORS: '0' };
    return new Promise((resolve) => {
      execFile(command as string, rest, { env }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 128, stdout, stderr });
      });
    });
  }

  /** Starts a program that stays. It is killed by {@link stop}, or with this process. */
  spawn(program: string, ...parameters: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
    const [command, ...rest] = this.#inside('setpriv', ['--pdeathsig', 'KILL', program, ...parameters]);
    const child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  /** Where a file in there is to be found from here. */
  path(inside: string): string {
    return `/proc/${this.#holder.pid}/root${inside}`;
  }

  /** Waits until a file is there; throws after ten seconds, or when `child`, who is to make it, ends. */
  async untilExists(inside: string, child: ChildProcess): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!existsSync(this.path(inside))) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`${child.spawnargs.join(' ')} has made no ${inside}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    for (const child of [...this.#children.reverse(), this.#holder]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await this.network.stop();
  }

  #inside(program: string, parameters: readonly string[]): string[] {
    return ['nsenter', '-t', `${this.#holder.pid}`, '-m', '-n', '--', program, ...parameters];
  }
}

// What is mounted here is seen by nobody else. /run/systemd/system is what tells clients that systemd is the service
// manager (sd_booted(3)): machinectl does nothing without it.
const MOUNT = `
mount -t tmpfs tmpfs /run -o mode=755
mkdir -p /run/dbus /run/systemd/system
mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr
echo ready
exec sleep 7200
`;
