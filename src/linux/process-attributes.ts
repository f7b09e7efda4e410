import { check, declare, SystemError } from './libc.ts';

/**
 * Nobody may look into this process any more, or trace it, but who has CAP_SYS_PTRACE where it was started
 * (PR_SET_DUMPABLE, prctl(2)). Its copies are like it; another program is not.
 */
export function forbidTracing(): void {
  check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 'prctl', 'PR_SET_DUMPABLE');
}

/**
 * The kernel ends this process by SIGKILL when the thread ends that made it (PR_SET_PDEATHSIG). Changing ids undoes it.
 * @param parent the number of who made it, where it can be seen from here: it may have ended before, and then nothing
 * would come of it. Throws a SystemError ESRCH when it has. In a PID namespace that it is not in all are 0 (getppid(2)).
 */
export function endWithParent(parent?: number): void {
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), 'prctl', 'PR_SET_PDEATHSIG');
  if (parent !== undefined && getppid() !== parent) throw new SystemError(ESRCH, 'getppid', String(parent));
}

/**
 * The kernel sends this process a hangup when the thread ends that made it, also when it is another program by then, if
 * that has no more privileges by its file.
 */
export function hangUpWithParent(): void {
  check(prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0), 'prctl', 'PR_SET_PDEATHSIG');
}

const ESRCH = 3;
const SIGHUP = 1;
const SIGKILL = 9;
const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const prctl = declare('int prctl(int option, ulong first, ulong second, ulong third, ulong fourth)');
const getppid = declare('int getppid()');
