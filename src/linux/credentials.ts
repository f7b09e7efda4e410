import { check, declare, errnoName, lastErrno, SystemError } from './libc.ts';

/** The ids that a process is to have, as numbers of its user namespace (credentials(7)). */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; those that the process has where they are absent. */
  readonly groups?: readonly number[] | undefined;
}

/**
 * Takes these ids: real, effective and saved. For a process with one thread. From root of its user namespace another
 * uid takes all capabilities away; from another uid, as one has that has just joined it, none does. Throws a SystemError: EPERM, EINVAL for an id that the user namespace does not have.
 */
export function takeIds({ uid, gid, groups }: Ids): void {
  if (groups !== undefined) takeGroups(groups);
  check(setresgid(gid, gid, gid), 'setresgid', String(gid));
  check(setresuid(uid, uid, uid), 'setresuid', String(uid));
}

/** Takes these supplementary groups. For a process with one thread. Throws a SystemError as {@link takeIds}. */
export function takeGroups(groups: readonly number[]): void {
  const list = Uint32Array.from(groups);
  if (setgroups(list.length, list) >= 0) return;
  const errno = lastErrno();
  // In a user namespace where this is denied (user_namespaces(7)), and without the capability, what is so stays so.
  if (errnoName(errno) !== 'EPERM' || !haveGroups(groups)) throw new SystemError(errno, 'setgroups');
}

function haveGroups(wanted: readonly number[]): boolean {
  const own = new Uint32Array(check(getgroups(0, null), 'getgroups'));
  const had = new Set(own.subarray(0, check(getgroups(own.length, own), 'getgroups')));
  return had.size === new Set(wanted).size && wanted.every((group) => had.has(group));
}

const getgroups = declare('int getgroups(int size, void *list)');
const setgroups = declare('int setgroups(size_t size, void *list)');
const setresgid = declare('int setresgid(uint real, uint effective, uint saved)');
const setresuid = declare('int setresuid(uint real, uint effective, uint saved)');
