import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { ioctl } from './ioctl.ts';
import { declare, errnoName, lastErrno, SystemError } from './libc.ts';
import type { Process } from './process.ts';

/** The ids that a process runs with, as numbers of our user namespace. */
export interface ProcessUser {
  readonly realUid: number;
  readonly effectiveUid: number;
  readonly realGid: number;
  readonly effectiveGid: number;
}

/**
 * Reads the lines `Uid:` and `Gid:` of /proc/PID/status (proc_pid_status(5)). Throws ESRCH when the process has ended.
 */
export function readProcessUser(process: Process): ProcessUser {
  const status = process.readFile('status');
  const [realUid, effectiveUid] = idsOf(status, 'Uid');
  const [realGid, effectiveGid] = idsOf(status, 'Gid');
  return { realUid, effectiveUid, realGid, effectiveGid };
}

/**
 * Whether a process belongs to a user: it runs with that real uid, or in a user namespace that the user made, at
 * whatever depth below ours. This is the rule by which systemd 262 decides whose processes a user may register as a
 * machine's leader.
 * In our own user namespace only the real uid counts. Throws a {@link SystemError}: ESRCH, EACCES.
 */
export function isOwnedBy(process: Process, uid: number): boolean {
  return readProcessUser(process).realUid === uid || makersOf(process).uids.includes(uid);
}

/**
 * Whether a user has every capability over the user namespace that a process is in, because the user has made it, or one
 * that it is below of, directly in our own: the kernel's rule (user_namespaces(7)). Who has made one further down, in a
 * container, has power over it within that container, and none from here. Never in our own namespace itself. Throws a
 * {@link SystemError}: ESRCH, EACCES.
 */
export function isUserNamespaceOf(process: Process, uid: number): boolean {
  const { uids, isBelowOurs } = makersOf(process);
  return isBelowOurs && uids.at(-1) === uid;
}

/**
 * Who has made the user namespace that a process is in, and those that it is below of, from the inside out, as far as
 * they are below ours.
 */
function makersOf(process: Process): { readonly uids: readonly number[]; readonly isBelowOurs: boolean } {
  let namespace = -1;
  try {
    process.inspect((directory) => {
      namespace = openSync(`${directory}/ns/user`, 'r');
    });
    const ours = statSync('/proc/self/ns/user').ino;
    const uids: number[] = [];
    // 32 is as deep as the kernel lets user namespaces nest (user_namespaces(7)).
    while (uids.length <= 32 && fstatSync(namespace).ino !== ours) {
      ioctl(namespace, NS_GET_OWNER_UID, owner, 'NS_GET_OWNER_UID');
      uids.push(owner[0] as number);
      const parent = parentIoctl(namespace, NS_GET_USERNS, 0);
      if (parent < 0) {
        const errno = lastErrno();
        // Not below ours at all: the walk has left what we may see (ioctl_nsfs(2)).
        if (errnoName(errno) === 'EPERM') return { uids, isBelowOurs: false };
        throw new SystemError(errno, 'ioctl', 'NS_GET_USERNS');
      }
      closeSync(namespace);
      namespace = parent;
    }
    return { uids, isBelowOurs: true };
  } finally {
    if (namespace >= 0) closeSync(namespace);
  }
}

// ioctl_nsfs(2): _IO(0xb7, 1) and _IO(0xb7, 4).
const NS_GET_USERNS = 0xb701;
const NS_GET_OWNER_UID = 0xb704;
const owner = new Uint32Array(1);
const parentIoctl = declare('int ioctl(int fd, ulong request, long unused)');

function idsOf(status: string, field: 'Uid' | 'Gid'): [number, number] {
  const match = new RegExp(`^${field}:\\t(\\d+)\\t(\\d+)\\t`, 'm').exec(status);
  if (match === null) throw new Error(`/proc/PID/status has no line ${field}`);
  return [Number(match[1]), Number(match[2])];
}
