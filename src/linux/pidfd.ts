import { fstatSync, readFileSync, statfsSync } from 'node:fs';
import { check, declare, errnoName, lastErrno, SystemError } from './libc.ts';

/**
 * A descriptor that stands for the process `pid` and never for a later one of that number (pidfd_open(2), Linux 5.3).
 * It is close-on-exec, as every pidfd. Throws a {@link SystemError}: ESRCH when there is no such process,
 * EINVAL or ENOENT, depending on the kernel, when the number is that of a thread.
 */
export function openPidfd(pid: number): number {
  return check(openSyscall(SYS_pidfd_open, pid, 0), 'pidfd_open', String(pid));
}

/**
 * A pidfd of whoever made a connection, as the transport gives it (`openPidfd`). Before Linux 6.5 a socket has none of
 * its peer and says ENOPROTOOPT: then by the number. Any other error means that the peer has ended, so that the number
 * may be another process's by now, and is thrown on.
 */
export function openPeerPidfd(peer: { readonly pid: number; openPidfd(): number }): number {
  try {
    return peer.openPidfd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOPROTOOPT') throw error;
    return openPidfd(peer.pid);
  }
}

/**
 * The inode number of a pidfd, which no other process has until the next boot (pidfs, Linux 6.9): systemd's `pidfdId`.
 * Undefined on an older kernel, where all pidfds share one inode, and for what is no pidfd.
 */
export function pidfdId(fd: number): number | undefined {
  const { dev, ino } = fstatSync(fd);
  // The file system is asked for by its name only until its device is known.
  if (dev !== pidfs && statfsSync(`/proc/self/fd/${fd}`).type !== PIDFS_MAGIC) return undefined;
  pidfs = dev;
  // Numbered from a small value upwards (fs/pidfs.c); the check is for a kernel that changes its mind.
  return Number.isSafeInteger(ino) ? ino : undefined;
}

let pidfs: number | undefined;

/**
 * The PID of a pidfd's process in our PID namespace, read from fdinfo (proc_pid_fdinfo(5)).
 * Throws a {@link SystemError} ESRCH when the process has been reaped, EREMOTE when it has no number in our PID
 * namespace, and a TypeError when the descriptor is no pidfd.
 */
export function pidOfPidfd(fd: number): number {
  const field = /^Pid:\t(-?\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  if (field === undefined) throw new TypeError(`descriptor ${fd} is no pidfd`);
  const pid = Number(field);
  if (pid === 0) throw new SystemError(EREMOTE, 'fdinfo', 'of a process outside our PID namespace');
  if (pid < 0) throw new SystemError(ESRCH, 'fdinfo', `of pidfd ${fd}`);
  return pid;
}

/**
 * Sends a signal; 0 sends none and only checks. Throws a {@link SystemError}: ESRCH when the process has been reaped,
 * EPERM, EINVAL for a number that is no signal.
 */
export function signalPidfd(fd: number, signal: number): void {
  check(signalSyscall(SYS_pidfd_send_signal, fd, signal, null, 0), 'pidfd_send_signal', `signal ${signal}`);
}

/** Whether the process of a pidfd has ended, be it reaped or not: the pidfd is then readable (pidfd_open(2)). */
export function hasExited(fd: number): boolean {
  pollFd[0] = fd;
  pollEvents[2] = POLLIN;
  let ready = poll(pollFd, 1, 0);
  // A signal is no answer, as that of a child which ends just now. poll(2) is never started again by itself.
  while (ready < 0 && errnoName(lastErrno()) === 'EINTR') ready = poll(pollFd, 1, 0);
  return check(ready, 'poll') > 0;
}

const PIDFS_MAGIC = 0x50494446;
const POLLIN = 1;
const ESRCH = 3;
const EREMOTE = 66;

// Since Linux 5.x new system calls have the same number on every architecture; musl has no functions for these.
const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;
const openSyscall = declare('long syscall(long number, long pid, long flags)');
const signalSyscall = declare('long syscall(long number, long fd, long signal, void *info, long flags)');

// struct pollfd: int fd; short events; short revents.
const pollFd = new Int32Array(2);
const pollEvents = new Int16Array(pollFd.buffer);
const poll = declare('int poll(void *fds, ulong count, int timeout)');
