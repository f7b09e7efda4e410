import { closeSync, constants, fchownSync, fstatSync, openSync, statfsSync } from 'node:fs';
import { ioctl } from './ioctl.ts';
import { check, declare, SystemError } from './libc.ts';
import type { RootDirectory } from './root-directory.ts';

/** Numbers of a user and a group. */
export interface UserAndGroup {
  readonly uid: number;
  readonly gid: number;
}

/** A pseudo terminal (pty(7)) of a devpts that somebody else may own. */
export interface PseudoTerminal {
  /** Of its controlling side, close-on-exec and blocking. The taker closes it, and with that hangs up the other side. */
  readonly descriptor: number;
  /** Below that devpts: 3 is `/dev/pts/3` there. */
  readonly number: number;
}

/**
 * Makes a pseudo terminal of the devpts that is at `dev/pts` below a root, unlocked, and no controlling terminal of
 * ours. No namespace is entered: the devpts that the multiplexer's file is on decides whose it is (pts(4)).
 * @param owner who is to own the other side, where it would be ours: whoever opens a terminal in a user namespace is
 * root there, and nobody else there could use it
 * Throws a {@link SystemError}: ENOENT, ENXIO where something else is in the multiplexer's place, ENOSPC when there are
 * as many as there may be, EPERM where we may not give it away.
 */
export function openPseudoTerminal(root: RootDirectory, owner?: UserAndGroup): PseudoTerminal {
  const descriptor = openMultiplexer(root);
  try {
    ioctl(descriptor, TIOCSPTLCK, new Int32Array([0]), 'TIOCSPTLCK');
    const number = new Uint32Array(1);
    ioctl(descriptor, TIOCGPTN, number, 'TIOCGPTN');
    if (owner !== undefined) giveAway(descriptor, owner);
    return { descriptor, number: number[0] as number };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Opens the other side of a pseudo terminal, which no path leads to from here (TIOCGPTPEER, ioctl_tty(2)), for reading
 * and writing, close-on-exec, as no controlling terminal. The taker closes it. Throws a {@link SystemError} EIO when
 * it has been hung up.
 */
export function openTerminalPeer(descriptor: number): number {
  return check(ioctlNumber(descriptor, TIOCGPTPEER, OPEN_FLAGS), 'ioctl', 'TIOCGPTPEER');
}

/**
 * A descriptor by which a pseudo terminal's other side can be opened again, but does not count as open (O_PATH, open(2)).
 * The taker closes it.
 * @param peer a descriptor of that side
 */
export function rememberTerminalPeer(peer: number): number {
  return openSync(`/proc/self/fd/${peer}`, O_PATH | O_CLOEXEC);
}

/**
 * Opens it as {@link openTerminalPeer} does. What is remembered is this terminal and never a later one with its number.
 * @returns undefined when nobody has the controlling side any more
 */
export function reopenTerminalPeer(remembered: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${remembered}`, OPEN_FLAGS);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EIO' || code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the devpts has set itself, as the group of terminals, stays. */
function giveAway(descriptor: number, { uid, gid }: UserAndGroup): void {
  const peer = openTerminalPeer(descriptor);
  try {
    const now = fstatSync(peer);
    const user = now.uid === process.geteuid?.() ? uid : now.uid;
    const group = now.gid === process.getegid?.() ? gid : now.gid;
    if (user !== now.uid || group !== now.gid) fchownSync(peer, user, group);
  } finally {
    closeSync(peer);
  }
}

/** The first of the two that is one: a `/dev` may have a device of its own in the place of the link to `pts/ptmx`. */
function openMultiplexer(root: RootDirectory): number {
  const open = (path: string): number => {
    const found = root.find(path);
    try {
      if (!isMultiplexer(found)) throw new SystemError(ENXIO, 'open', path);
      // The magic link of our own descriptor: this opens the very file that was looked at.
      return openSync(`/proc/self/fd/${found}`, OPEN_FLAGS);
    } finally {
      closeSync(found);
    }
  };
  try {
    return open('/dev/ptmx');
  } catch (error) {
    try {
      return open('/dev/pts/ptmx');
    } catch {
      throw error;
    }
  }
}

/** Other devices, and files of a file system that somebody answers for, are not opened: opening them may do something. */
function isMultiplexer(found: number): boolean {
  const { mode, rdev } = fstatSync(found);
  if ((mode & constants.S_IFMT) !== constants.S_IFCHR || rdev !== MULTIPLEXER) return false;
  return statfsSync(`/proc/self/fd/${found}`).type === DEVPTS_SUPER_MAGIC;
}

const ENXIO = 6;
/** makedev(5, 2), of Documentation/admin-guide/devices.txt of Linux. */
const MULTIPLEXER = (5 << 8) | 2;
const DEVPTS_SUPER_MAGIC = 0x1cd1;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC;

// Numbers of asm-generic/ioctls.h, which x86, arm and riscv have; _IOR and _IOW of int, and _IO for the last.
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
const ioctlNumber = declare('int ioctl(int fd, ulong request, long value)');
