import { check, declare } from './libc.ts';

const native = declare('int ioctl(int fd, unsigned long request, void *argument)');

/**
 * ioctl(2) with a structure that the kernel reads, fills in, or both.
 * @param name what it is called, for the error
 * @throws SystemError
 */
export function ioctl(fd: number, request: number, argument: Uint8Array, name: string): number {
  return check(native(fd, request, argument), name);
}
