import { check, declare } from './libc.ts';
import type { Process } from './process.ts';

/**
 * What no program can get that a process starts, and what it has given up (capabilities(7)).
 */
export interface Bounds {
  /** A bit for each capability that is left in the bounding set. */
  readonly capabilities: bigint;
  readonly noNewPrivileges: boolean;
}

/** Reads a process's bounds (CapBnd and NoNewPrivs of proc_pid_status(5)). Throws ESRCH when it has ended. */
export function boundsOf(process: Process): Bounds {
  const status = process.readFile('status');
  const field = (name: string): string => {
    const value = new RegExp(`^${name}:\\t([0-9a-f]+)$`, 'm').exec(status)?.[1];
    if (value === undefined) throw new Error(`/proc/PID/status has no line ${name}`);
    return value;
  };
  return { capabilities: BigInt(`0x${field('CapBnd')}`), noNewPrivileges: field('NoNewPrivs') !== '0' };
}

/**
 * Takes away from this thread's bounding set what others do not have in theirs. Throws a SystemError: EPERM where there
 * is something to take away, and CAP_SETPCAP is missing.
 */
export function limitBoundingSet(capabilities: bigint): void {
  for (let capability = 0; capability < 64; capability++) {
    if ((capabilities >> BigInt(capability)) & 1n) continue;
    const held: number = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    // EINVAL: the kernel has no more.
    if (held < 0) return;
    if (held > 0) check(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), 'prctl', 'PR_CAPBSET_DROP');
  }
}

/**
 * Leaves this thread with none of its capabilities but these, and no inheritable or ambient ones. Throws a
 * SystemError.
 */
export function limitCapabilities(capabilities: bigint): void {
  check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 'prctl', 'PR_CAP_AMBIENT');
  // struct __user_cap_header_struct and two of __user_cap_data_struct: effective, permitted, inheritable.
  const header = new Uint32Array([CAPABILITY_VERSION_3, 0]);
  const data = new Uint32Array(6);
  check(capget(header, data), 'capget');
  for (const half of [0, 1]) {
    const mask = Number((capabilities >> BigInt(32 * half)) & 0xffffffffn);
    const permitted = ((data[half * 3 + 1] as number) & mask) >>> 0;
    data.set([permitted, permitted, 0], half * 3);
  }
  check(capset(header, data), 'capset');
}

/** Nothing that this thread starts gets privileges by its file any more (PR_SET_NO_NEW_PRIVS). */
export function forbidNewPrivileges(): void {
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl', 'PR_SET_NO_NEW_PRIVS');
}

const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const CAPABILITY_VERSION_3 = 0x20080522;
const prctl = declare('int prctl(int option, ulong first, ulong second, ulong third, ulong fourth)');
const capget = declare('int capget(void *header, void *data)');
const capset = declare('int capset(void *header, void *data)');
