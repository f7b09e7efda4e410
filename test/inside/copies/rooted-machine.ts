import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IdMap, parseIdMap } from '../../../src/machine/id-map.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { ledBy } from '../../sources/kernel/roots/root-processes.ts';

/** A machine with a directory of this host as its root, and a directory of the host to copy from and to. */
export class RootedMachine {
  readonly machine: Machine;
  /** What is `/` to it, on the host. */
  readonly root: string;
  /** Another directory of the host. */
  readonly host: string;
  readonly #leader: ChildProcess;
  readonly #directory: string;

  private constructor(leader: ChildProcess, machine: Machine, directory: string) {
    this.#leader = leader;
    this.machine = machine;
    this.#directory = directory;
    this.root = join(directory, 'root');
    this.host = join(directory, 'host');
  }

  /**
   * Starts its leader, which only sleeps: in a mount namespace of its own, in which the root is the directory, and in a
   * user namespace where maps are given. @param mounts a shell script that runs in the root first
   */
  static async start({ maps, mounts = '' }: { maps?: string; mounts?: string } = {}): Promise<RootedMachine> {
    const directory = mkdtempSync(join(tmpdir(), 'mymachines-copies-'));
    const root = join(directory, 'root');
    for (const name of ['host', 'root', 'root/usr', 'root/proc', 'root/data']) mkdirSync(join(directory, name));
    for (const link of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${link}`, join(root, link));
    // A root by pivot_root(2), since who is below a chroot(2) cannot have a user namespace.
    const script = `
      mount --bind "$PWD" "$PWD"; cd "$PWD"; mount --bind /usr usr; mount -t proc proc proc; ${mounts}
      mkdir old; pivot_root . old; cd /; umount -l /old; rmdir /old
      exec unshare ${maps === undefined ? '' : '--user'} -- sleep 600`;
    const leader = spawn('unshare', ['--mount', '--', 'setpriv', '--pdeathsig', 'KILL', 'sh', '-ec', script], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const pid = leader.pid as number;
    await untilSleeps(pid);
    for (const file of maps === undefined ? [] : ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${pid}/${file}`, maps ?? '');
    const map = (file: string): IdMap => parseIdMap(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
    const led = ledBy(pid);
    const facts = { ...led.facts, uidMap: map('uid_map'), gidMap: map('gid_map'), sharesHostUsers: maps === undefined };
    return new RootedMachine(leader, { ...led, name: `m${pid}` as MachineName, facts }, directory);
  }

  /** Ends the leader. */
  end(): void {
    this.#leader.kill('SIGKILL');
  }

  /** Ends the leader and removes both directories. */
  stop(): void {
    this.end();
    // Not by node:fs, which goes by paths, and they can be too long.
    execFileSync('rm', ['-rf', this.#directory]);
  }
}

async function untilSleeps(pid: number): Promise<void> {
  for (let waited = 0; readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sleep\n'; waited++) {
    if (waited > 2000) throw new Error(`process ${pid} did not become a sleeper`);
    await sleep(5);
  }
}
