import { check, declare } from './libc.ts';
import type { NamespaceKind, Process } from './process.ts';

/**
 * Has the calling thread join namespaces of a process (setns(2) with a pidfd, Linux 5.8): all of them, or none where one
 * cannot be joined. Those of the kind `pid` and `time` are for its children only. For `user`, and for `time`, the
 * process must have one thread, for `mnt` and `user` must share its working directory with no other (fork.ts): else
 * EINVAL.
 *
 * In a user namespace that was joined a process has every capability, there; in a mount namespace its root and working
 * directory are that namespace's root, which is not always the root of its processes.
 * @param kinds not one that this process is in itself: to join one's own user namespace is EINVAL
 * Throws a SystemError: ESRCH when it has ended, EPERM, EINVAL.
 */
export function joinNamespaces(pidfd: number, kinds: readonly NamespaceKind[]): void {
  const flags = kinds.reduce((sum, kind) => sum | FLAGS[kind], 0);
  if (flags !== 0) check(setns(pidfd, flags), 'setns', kinds.join(' '));
}

/** Which of these namespaces of a process are not those that this one is in. Throws as `Process.namespaceId`. */
export function othersOf(process: Process, kinds: readonly NamespaceKind[]): NamespaceKind[] {
  return kinds.filter((kind) => !process.sharesNamespace(kind));
}

/** CLONE_NEW… of sched.h. */
const FLAGS: Record<NamespaceKind, number> = {
  cgroup: 0x02000000,
  ipc: 0x08000000,
  mnt: 0x00020000,
  net: 0x40000000,
  pid: 0x20000000,
  time: 0x00000080,
  user: 0x10000000,
  uts: 0x04000000,
};

const setns = declare('int setns(int fd, int kinds)');
