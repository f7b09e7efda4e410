import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { check, declare, SystemError } from './libc.ts';
import type { Process } from './process.ts';

/**
 * A directory that is the root for every path looked up in it: no symbolic link, magic link, absolute path or `..`
 * leads out of it, whatever somebody changes in the tree meanwhile (openat2(2) with RESOLVE_IN_ROOT, Linux 5.6).
 *
 * The lookups are synchronous. Whoever owns the tree can make it a file system that does not answer (FUSE), and then
 * they wait for ever: for a tree that somebody else controls use it in a process or thread that one can do without.
 */
export class RootDirectory {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Throws an error of node:fs: ENOENT, ENOTDIR, EACCES. Links in `path` itself are followed. */
  static ofPath(path: string): RootDirectory {
    return new RootDirectory(openSync(path, O_PATH | constants.O_DIRECTORY));
  }

  /**
   * What the process has as `/`. Throws ESRCH when it has ended, EACCES when we may not trace it (proc_pid_root(5)).
   */
  static ofProcess(process: Process): RootDirectory {
    let fd = -1;
    try {
      process.inspect((directory) => {
        fd = openSync(`${directory}/root`, O_PATH | constants.O_DIRECTORY);
      });
      return new RootDirectory(fd);
    } catch (error) {
      if (fd >= 0) closeSync(fd);
      throw error;
    }
  }

  /**
   * The content of a regular file, as long as the file was when it was opened: files that have no length, as in /proc,
   * are empty.
   * Nothing else is ever opened, so that no FIFO blocks and no device does what opening it makes it do.
   * Throws a {@link SystemError} naming the path: ENOENT, ELOOP, EACCES, EISDIR, ENXIO for a FIFO, socket or device,
   * EFBIG when longer than `maxBytes`;
   * EAGAIN when somebody holds a lease on the file.
   */
  readFile(path: string, maxBytes: number): Buffer {
    const found = this.find(path);
    try {
      const { mode, size } = fstatSync(found);
      const type = mode & constants.S_IFMT;
      if (type === constants.S_IFDIR) throw new SystemError(EISDIR, 'read', path);
      if (type !== constants.S_IFREG) throw new SystemError(ENXIO, 'open', path);
      if (size > maxBytes) throw new SystemError(EFBIG, 'read', path);
      // The magic link of our own descriptor: this opens the very file that was looked at.
      const fd = openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      try {
        return readUpTo(fd, size);
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(found);
    }
  }

  /**
   * A descriptor of the directory, or of one below it, that can be read from, close-on-exec, which the taker closes.
   * Throws a {@link SystemError}: EACCES where it may not be listed, ENOENT, ENOTDIR, ELOOP; EAGAIN when the way there
   * was renamed just then.
   */
  open(path = '.'): number {
    return this.#openat2(path, OPEN_DIRECTORY);
  }

  /**
   * A descriptor that stands for the file without opening it (O_PATH), which the taker closes; `itself`: for a symbolic
   * link, and not for what it leads to. Throws a {@link SystemError}: ENOENT, ENOTDIR, ELOOP, EACCES.
   */
  find(path: string, link: 'followed' | 'itself' = 'followed'): number {
    if (path.includes('\0')) throw new TypeError(`path ${JSON.stringify(path)} has a NUL byte in it`);
    return this.#openat2(path, link === 'followed' ? LOOK_UP : LOOK_UP_LINK);
  }

  /** Its own descriptor (O_PATH), for as long as it is not closed. */
  get descriptor(): number {
    return this.#fd;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  /** A directory below it as a root of its own, which the taker closes. Throws as {@link find}, and ENOTDIR. */
  directory(path: string): RootDirectory {
    return new RootDirectory(this.#openat2(path, LOOK_UP_DIRECTORY));
  }

  #openat2(path: string, how: BigUint64Array): number {
    if (this.#fd < 0) throw new Error('the root directory has been closed');
    return check(openat2(SYS_openat2, this.#fd, path, how, how.byteLength), 'openat2', path);
  }
}

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;
// struct open_how { uint64_t flags, mode, resolve }
const LOOK_UP = openHow(O_PATH);
const LOOK_UP_LINK = openHow(O_PATH | constants.O_NOFOLLOW);
const LOOK_UP_DIRECTORY = openHow(O_PATH | constants.O_DIRECTORY);
const OPEN_DIRECTORY = openHow(constants.O_RDONLY | constants.O_DIRECTORY);

function openHow(flags: number): BigUint64Array {
  return new BigUint64Array([BigInt(flags | O_CLOEXEC), 0n, BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)]);
}

const EISDIR = 21;
const ENXIO = 6;
const EFBIG = 27;

// No libc has a function for it; the number is the same on every architecture.
const SYS_openat2 = 437;
const openat2 = declare('long syscall(long number, long fd, const char *path, void *how, size_t size)');

function readUpTo(fd: number, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const count = readSync(fd, buffer, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}
