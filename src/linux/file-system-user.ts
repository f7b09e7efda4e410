import { check, declare, SystemError } from './libc.ts';

/** Who makes a file. */
export interface FileSystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Does something as another user to file systems, and with none of root's privileges there (setfsuid(2)): what it makes
 * is that user's, also where ids are shifted by the mount, and nothing can be made that this user may not. Only what is
 * done synchronously in the calling thread, which must be root's. Throws a {@link SystemError} EPERM without CAP_SETUID
 * and CAP_SETGID.
 * @param override whether permissions of directories do not matter all the same (CAP_DAC_OVERRIDE)
 */
export function asFileSystemUser<T>({ uid, gid }: FileSystemUser, override: boolean, act: () => T): T {
  setfsgid(gid);
  setfsuid(uid);
  try {
    // They do not tell whether they did it, other than by what there was before.
    if (setfsuid(NOBODY) !== uid || setfsgid(NOBODY) !== gid) throw new SystemError(EPERM, 'setfsuid', String(uid));
    // Another user than root loses the capabilities for files, and root has them again afterwards (capabilities(7)).
    if (override) makeEffective(CAP_DAC_OVERRIDE);
    return act();
  } finally {
    setfsuid(0);
    setfsgid(0);
  }
}

function makeEffective(capability: number): void {
  const header = new Uint32Array([_LINUX_CAPABILITY_VERSION_3, 0]);
  // Two of struct { uint32_t effective, permitted, inheritable }.
  const sets = new Uint32Array(6);
  check(capget(header, sets), 'capget');
  sets[0] = (sets[0] ?? 0) | (1 << capability);
  check(capset(header, sets), 'capset');
}

/** No id: the call changes nothing. */
const NOBODY = 0xffff_ffff;
const EPERM = 1;
const CAP_DAC_OVERRIDE = 1;
const _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
// Of the thread, unlike setuid(2) of the C library.
const setfsuid = declare('uint setfsuid(uint uid)');
const setfsgid = declare('uint setfsgid(uint gid)');
const capget = declare('int capget(void *header, void *sets)');
const capset = declare('int capset(void *header, void *sets)');
