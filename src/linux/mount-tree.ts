import { closeSync } from 'node:fs';
import { check, declare } from './libc.ts';

/**
 * A copy of a mount that is nowhere yet (open_tree(2), Linux 5.2): put in place with {@link attach} in any mount
 * namespace, or gone when it is closed. What is mounted below it is not in it.
 */
export class MountTree {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Of the file or directory that a descriptor stands for. Throws a {@link SystemError}: EPERM without CAP_SYS_ADMIN,
   * EINVAL for what is in another mount namespace than the calling thread.
   */
  static copyOf(fd: number): MountTree {
    return new MountTree(check(openTree(SYS_open_tree, fd, '', COPY), 'open_tree'));
  }

  /** Nothing can be written through it (mount_setattr(2), Linux 5.12). Throws a {@link SystemError}. */
  makeReadOnly(): void {
    const attributes = new BigUint64Array([MOUNT_ATTR_RDONLY, 0n, 0n, 0n]);
    const { byteLength } = attributes;
    check(mountSetattr(SYS_mount_setattr, this.#fd, '', AT_EMPTY_PATH, attributes, byteLength), 'mount_setattr');
  }

  /**
   * Puts it where a descriptor is (move_mount(2)): both are directories or neither is. `beneath` is below what is
   * mounted there and is the topmost, so that it is seen when that is taken away (Linux 6.5). Throws a
   * {@link SystemError}: EINVAL where they are of different kinds, where nothing is mounted to be beneath of, or for a
   * place in another mount namespace than the calling thread; EPERM.
   */
  attach(target: number, beneath = false): void {
    const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | (beneath ? MOVE_MOUNT_BENEATH : 0);
    check(moveMount(SYS_move_mount, this.#fd, '', target, '', flags), 'move_mount');
  }

  /** Takes it away from where it was put. See {@link detachMount}. */
  detach(descriptors: number): void {
    detachMount(this.#fd, descriptors);
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/**
 * Takes the mount away whose topmost directory or file a descriptor stands for: at once for whoever looks for it, and
 * in the end when nobody uses it (umount2(2), MNT_DETACH). Changes the calling thread's working directory. Throws a
 * {@link SystemError}: EINVAL for what is no such thing, EPERM.
 * @param descriptors the directory /proc/self/fd, since this call takes nothing but paths, and the thread may see
 * somebody else's /proc by now
 */
export function detachMount(fd: number, descriptors: number): void {
  check(fchdir(descriptors), 'fchdir');
  check(umount2(String(fd), MNT_DETACH), 'umount2');
}

const AT_EMPTY_PATH = 0x1000;
const COPY = 0x1 | 0o2000000 | AT_EMPTY_PATH; // OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
const MOUNT_ATTR_RDONLY = 1n;
const MOVE_MOUNT_F_EMPTY_PATH = 0x04;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MOVE_MOUNT_BENEATH = 0x200;
const MNT_DETACH = 2;

// Not every libc has functions for them; the numbers are the same on every architecture.
const SYS_open_tree = 428;
const SYS_move_mount = 429;
const SYS_mount_setattr = 442;
const openTree = declare('long syscall(long number, long fd, const char *path, ulong flags)');
const moveMount = declare(
  'long syscall(long number, long fromFd, const char *from, long toFd, const char *to, ulong flags)',
);
// struct mount_attr { uint64_t attr_set, attr_clr, propagation, userns_fd }
const mountSetattr = declare(
  'long syscall(long number, long fd, const char *path, ulong flags, void *attributes, size_t size)',
);
const umount2 = declare('int umount2(const char *path, int flags)');
const fchdir = declare('int fchdir(int fd)');
