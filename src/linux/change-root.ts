import { check, declare } from './libc.ts';

/**
 * Makes a directory the root and the working directory of this process (chroot(2)), which must share them with no
 * other. Throws a SystemError: EPERM without CAP_SYS_CHROOT.
 */
export function changeRoot(directory: number): void {
  check(fchdir(directory), 'fchdir');
  check(chroot('.'), 'chroot');
}

const fchdir = declare('int fchdir(int fd)');
const chroot = declare('int chroot(const char *path)');
