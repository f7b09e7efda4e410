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
  if (readProcessUser(process).realUid === uid) return true;
  let namespace = -1;
  try {
    process.inspect((directory) => {
      namespace = openSync(`${directory}/ns/user`, 'r');
    });
    const ours = statSync('/proc/self/ns/user').ino;
    // 32 is as deep as the kernel lets user namespaces nest (user_namespaces(7)).
    for (let depth = 0; depth <= 32 && fstatSync(namespace).ino !== ours; depth++) {
      ioctl(namespace, NS_GET_OWNER_UID, owner, 'NS_GET_OWNER_UID');
      if (owner[0] === uid) return true;
      const parent = parentIoctl(namespace, NS_GET_USERNS, 0);
      if (parent < 0) {
        const errno = lastErrno();
        // Not below ours at all: the walk has left what we may see (ioctl_nsfs(2)).
        if (errnoName(errno) === 'EPERM') return false;
        throw new SystemError(errno, 'ioctl', 'NS_GET_USERNS');
      }
      closeSync(namespace);
      namespace = parent;
    }
    return false;
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
