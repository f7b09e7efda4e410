import { closeSync, statSync } from 'node:fs';
import { EPOLLIN, type EventLoop } from './event-loop.ts';
import { SystemError } from './libc.ts';
import { hasExited, openPidfd, pidfdId, pidOfPidfd, signalPidfd } from './pidfd.ts';
import { readProcFile } from './proc-file.ts';

/**
 * One process, pinned by a pidfd: its number being given to another process cannot confuse us.
 * The pidfd is the only descriptor held; {@link close} gives it back.
 */
export class Process {
  /** The number in our PID namespace. */
  readonly pid: number;
  /** The inode number of the pidfd, unique until the next boot; undefined before Linux 6.9. */
  readonly id: number | undefined;
  #pidfd: number;

  private constructor(pid: number, pidfd: number) {
    this.pid = pid;
    this.id = pidfdId(pidfd);
    this.#pidfd = pidfd;
  }

  /** Throws a {@link SystemError} ESRCH when there is no such process, a RangeError when `pid` cannot be one. */
  static open(pid: number): Process {
    if (!Number.isInteger(pid) || pid <= 0 || pid > PID_MAX) throw new RangeError(`${pid} is no process number`);
    const pidfd = openPidfd(pid);
    try {
      return new Process(pid, pidfd);
    } catch (error) {
      closeSync(pidfd);
      throw error;
    }
  }

  /**
   * The process that somebody else has pinned: of this number, and with this id, which is undefined where the kernel has
   * none. Throws as {@link open}, and ESRCH also when the number is another process's by now.
   */
  static openSame({ pid, pidfdId }: { readonly pid: number; readonly pidfdId?: number }): Process {
    const process = Process.open(pid);
    if (process.id === pidfdId) return process;
    process.close();
    throw new SystemError(ESRCH, 'process', String(pid));
  }

  /** Asks something of the process that {@link openSame} opens, and closes it. Throws as that, and what `ask` throws. */
  static askSame<T>(identity: Parameters<typeof Process.openSame>[0], ask: (process: Process) => T): T {
    const process = Process.openSame(identity);
    try {
      return ask(process);
    } finally {
      process.close();
    }
  }

  /**
   * Takes a pidfd over, such as that of a socket's peer. When it throws the descriptor stays the caller's: a
   * {@link SystemError} ESRCH for a process that has been reaped, EREMOTE for one outside our PID namespace, a
   * TypeError for what is no pidfd.
   * @param pid its number, where the kernel has told it along with the pidfd; then nothing of this is looked at
   */
  static fromPidfd(pidfd: number, pid: number = pidOfPidfd(pidfd)): Process {
    return new Process(pid, pidfd);
  }

  /** A new pidfd of it, to be given away: the taker closes it. Throws a {@link SystemError} ESRCH when it has ended. */
  newPidfd(): number {
    const pidfd = openPidfd(this.pid);
    try {
      // Its number is its own as long as it has not been reaped.
      this.#verify();
      return pidfd;
    } catch (error) {
      closeSync(pidfd);
      throw error;
    }
  }

  /** False as soon as the process has ended, also while its parent has not reaped it yet. */
  alive(): boolean {
    return !hasExited(this.#descriptor());
  }

  /** Sends a signal by its number. Throws a {@link SystemError}: ESRCH, EPERM, EINVAL. */
  signal(signal: number): void {
    signalPidfd(this.#descriptor(), signal);
  }

  /**
   * Calls back once when the process has ended, at once (in the next round of the loop) if it has already. The function
   * returned gives up waiting.
   */
  onExit(loop: EventLoop, callback: () => void): () => void {
    const ended = (): void => {
      watch.stop();
      callback();
    };
    const watch = loop.watch(this.#descriptor(), EPOLLIN, ended, 'the end of a process');
    return () => watch.stop();
  }

  /**
   * Reads with the certainty that it was this process that was read. Whether it is alive is looked at once, when all
   * has been read, and says so of all the time before: the number was the process's when the pidfd was opened, and
   * cannot be another's before the process has ended, which nothing undoes. When it has ended by then, what was read
   * may be another's, and is thrown away.
   * @param read gets the process's directory, as in `/proc/123`. What it opens must be closed also when this throws.
   * Throws a {@link SystemError} ESRCH when the process has ended meanwhile, whatever `read` came to; else what `read`
   * throws.
   */
  inspect<T>(read: (directory: string) => T): T {
    this.#descriptor();
    try {
      return read(`/proc/${this.pid}`);
    } finally {
      this.#verify();
    }
  }

  /**
   * The text of one of its files in /proc, as in `uid_map`. Throws as {@link inspect}, and EACCES where that is not for
   * us.
   */
  readFile(name: string): string {
    return this.inspect((directory) => readProcFile(`${directory}/${name}`));
  }

  /**
   * The inode number of one of its namespaces (namespaces(7)): the same number is the same namespace. Throws as
   * {@link readFile}.
   */
  namespaceId(kind: NamespaceKind): number {
    return this.inspect((directory) => statSync(`${directory}/ns/${kind}`).ino);
  }

  /** Whether it is in the same namespace as we are. Throws as {@link readFile}. */
  sharesNamespace(kind: NamespaceKind): boolean {
    return this.namespaceId(kind) === ownNamespaceId(kind);
  }

  /** Gives the pidfd back. Stop what {@link onExit} started before. */
  close(): void {
    if (this.#pidfd >= 0) closeSync(this.#pidfd);
    this.#pidfd = -1;
  }

  #descriptor(): number {
    if (this.#pidfd < 0) throw new Error(`process ${this.pid} has been closed`);
    return this.#pidfd;
  }

  #verify(): void {
    if (!this.alive()) throw new SystemError(ESRCH, 'process', String(this.pid));
  }
}

/** Kinds of namespaces(7), by their names in /proc/PID/ns. */
export type NamespaceKind = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';

/** The inode number of a namespace that we are in ourselves; we never leave one. */
export function ownNamespaceId(kind: NamespaceKind): number {
  const known = own.get(kind) ?? statSync(`/proc/self/ns/${kind}`).ino;
  own.set(kind, known);
  return known;
}

const own = new Map<NamespaceKind, number>();

const ESRCH = 3;
// pid_t; the kernel itself stops at 2^22 (proc_sys_kernel(5), pid_max).
const PID_MAX = 0x7fffffff;
