import { check, declare } from './libc.ts';

/**
 * Makes this process the leader of a new session with a terminal (setsid(2), TIOCSCTTY of ioctl_tty(2)), which is its
 * standard input, output and error output from now on. It must lead no process group. Throws a SystemError: EPERM where
 * another session has the terminal.
 */
export function startSession(terminal: number): void {
  check(setsid(), 'setsid');
  check(ioctl(terminal, TIOCSCTTY, 0), 'ioctl', 'TIOCSCTTY');
  for (const standard of [0, 1, 2]) check(dup2(terminal, standard), 'dup2');
}

/**
 * Makes a child, or this process (0), the leader of a process group of its own (setpgid(2)), to which whatever it makes
 * from then on belongs until that begins a session. Throws a SystemError: EACCES for what is another program by now.
 */
export function leadProcessGroup(pid: number): void {
  check(setpgid(pid, pid), 'setpgid', String(pid));
}

const TIOCSCTTY = 0x540e;
const setsid = declare('int setsid()');
const dup2 = declare('int dup2(int from, int to)');
const ioctl = declare('int ioctl(int fd, ulong request, long value)');
const setpgid = declare('int setpgid(int pid, int group)');
