import { check, declare, errnoName, lastErrno, SystemError } from './libc.ts';
import type { Process } from './process.ts';

/** A limit of a process (getrlimit(2)). */
export interface ResourceLimit {
  /** RLIMIT_… as a number. */
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Reads /proc/PID/limits (proc_pid_limits(5)), which needs no privilege. Throws ESRCH when the process has ended. */
export function limitsOf(process: Process): readonly ResourceLimit[] {
  return parseLimits(process.readFile('limits'));
}

/** Parses that file. */
export function parseLimits(text: string): readonly ResourceLimit[] {
  const value = (word: string): bigint => (word === 'unlimited' ? INFINITE : BigInt(word));
  return text.split('\n').flatMap((line) => {
    const [, name = '', soft = '', hard = ''] = /^(Max .*?) +(\d+|unlimited) +(\d+|unlimited)\b/.exec(line) ?? [];
    const resource = NAMES.indexOf(name);
    return resource < 0 ? [] : [{ resource, soft: value(soft), hard: value(hard) }];
  });
}

/** Takes these limits; of those that are above what this process may have, as much as it may. Throws a SystemError. */
export function takeLimits(limits: readonly ResourceLimit[]): void {
  for (const { resource, soft, hard } of limits) {
    const found = new BigUint64Array(2);
    check(prlimit(0, resource, null, found), 'prlimit');
    if (prlimit(0, resource, new BigUint64Array([soft, hard]), null) >= 0) continue;
    const errno = lastErrno();
    if (errnoName(errno) !== 'EPERM') throw new SystemError(errno, 'prlimit', String(resource));
    const most = found[1] as bigint;
    const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);
    const possible = new BigUint64Array([least(soft, most), least(hard, most)]);
    check(prlimit(0, resource, possible, null), 'prlimit', String(resource));
  }
}

const INFINITE = 2n ** 64n - 1n;
/** As proc_pid_limits(5) calls them, at their numbers of asm-generic/resource.h, which all but MIPS and SPARC have. */
const NAMES = [
  'Max cpu time',
  'Max file size',
  'Max data size',
  'Max stack size',
  'Max core file size',
  'Max resident set',
  'Max processes',
  'Max open files',
  'Max locked memory',
  'Max address space',
  'Max file locks',
  'Max pending signals',
  'Max msgqueue size',
  'Max nice priority',
  'Max realtime priority',
  'Max realtime timeout',
];
// struct rlimit64 { uint64_t soft, hard }
const prlimit = declare('int prlimit64(int pid, int resource, void *wanted, void *found)');
