import { readdirSync } from 'node:fs';
import { check, declare } from './libc.ts';

/** The soft limit of open descriptors before and after. */
export interface DescriptorLimit {
  readonly before: number;
  readonly after: number;
}

/**
 * Raises this process's soft limit of open descriptors (RLIMIT_NOFILE, getrlimit(2)) to its hard limit. systemd starts
 * services with 1024 of 524288, for the sake of programs that use select(2), which Node does not. Node itself raises it
 * at start, too, as it happens.
 * Infinity stands for no limit. Throws a SystemError; lowering or reading never fails.
 */
export function raiseDescriptorLimit(): DescriptorLimit {
  const limit = new BigUint64Array(2);
  check(prlimit(0, RLIMIT_NOFILE, null, limit), 'prlimit', 'RLIMIT_NOFILE');
  const [soft, hard] = limit as unknown as [bigint, bigint];
  if (soft < hard) check(prlimit(0, RLIMIT_NOFILE, new BigUint64Array([hard, hard]), null), 'prlimit', 'RLIMIT_NOFILE');
  return { before: toNumber(soft), after: toNumber(hard) };
}

/** How many descriptors this process may have: its soft limit, Infinity for none. */
export function descriptorLimit(): number {
  const limit = new BigUint64Array(2);
  check(prlimit(0, RLIMIT_NOFILE, null, limit), 'prlimit', 'RLIMIT_NOFILE');
  return toNumber(limit[0] as bigint);
}

/** How many descriptors this process has open, and how many it may have, as {@link descriptorLimit} gives it. */
export function descriptorsInUse(): { readonly open: number; readonly limit: number } {
  const soft = descriptorLimit();
  try {
    // One of them is the directory that is being read.
    return { open: readdirSync('/proc/self/fd').length - 1, limit: soft };
  } catch (error) {
    // When all are in use that takes one too many.
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
    return { open: soft, limit: soft };
  }
}

const RLIMIT_NOFILE = 7;
const RLIM_INFINITY = 2n ** 64n - 1n;

// struct rlimit64 { uint64_t soft, hard }
const prlimit = declare('int prlimit64(int pid, int resource, void *wanted, void *found)');

function toNumber(limit: bigint): number {
  return limit === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(limit);
}
