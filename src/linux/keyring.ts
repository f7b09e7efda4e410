import { check, declare, errnoName, lastErrno } from './libc.ts';

/**
 * Gives this thread a new session keyring with nothing in it (KEYCTL_JOIN_SESSION_KEYRING, keyctl(2)), which is that of
 * its present user. What it starts has no keys of the one before any more. False where the kernel has no keys (ENOSYS)
 * or a filter forbids the call (EPERM), which it does to whatever this starts. Throws a SystemError: EDQUOT where the
 * user has as many keys as may be.
 */
export function joinNewSessionKeyring(): boolean {
  const result: number = keyctl(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, null);
  if (result < 0 && ['EPERM', 'ENOSYS'].includes(errnoName(lastErrno()))) return false;
  return check(result, 'keyctl') > 0;
}

const KEYCTL_JOIN_SESSION_KEYRING = 1;
/** The number of later architectures, of which all have the same, and those of others. */
const SYS_keyctl = { x64: 250, ia32: 288, arm: 311, ppc64: 271, s390x: 280 }[process.arch as string] ?? 219;
const keyctl = declare('long syscall(long number, ulong operation, const char *name)');
