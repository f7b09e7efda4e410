import { closeSync } from 'node:fs';
import { check, declare } from './libc.ts';
import type { Process } from './process.ts';

/**
 * Has the calling thread see the mounts that a process sees, with their topmost directory as its own root and working
 * directory (setns(2) with a pidfd, Linux 5.8). Its other threads stay where they are, and so does what Node does in
 * them, which is all of node:fs that takes a callback or gives a promise. There is no way back: for a process that one
 * can do without. Throws a {@link SystemError}: EPERM without CAP_SYS_ADMIN and CAP_SYS_CHROOT, ESRCH.
 */
export function joinMountNamespace(process: Process): void {
  // A thread that shares its root with others may not go.
  check(unshare(CLONE_FS), 'unshare');
  const pidfd = process.newPidfd();
  try {
    check(setns(pidfd, CLONE_NEWNS), 'setns', String(process.pid));
  } finally {
    closeSync(pidfd);
  }
}

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const unshare = declare('int unshare(int flags)');
const setns = declare('int setns(int fd, int kind)');
