import { check, declare } from './libc.ts';

/** Whether a request gives the kernel something, gets something, or both (ioctl(2), "ioctl structure"). */
export type IoctlDirection = 'none' | 'write' | 'read' | 'read-write';

/**
 * The number of a request, as _IOC() of <linux/ioctl.h> makes it. @param type its letter or number
 * @param size of what is passed, in bytes
 */
export function ioctlRequest(direction: IoctlDirection, type: number, number: number, size: number): number {
  const { shift, codes } = encoding;
  return codes[direction] * 2 ** shift + size * 2 ** 16 + type * 2 ** 8 + number;
}

/** Throws a SystemError. @param argument what is passed, which is where the answer comes, too */
export function ioctl(descriptor: number, request: number, argument: ArrayBufferView | null, name: string): number {
  return check(call(descriptor, request, argument), 'ioctl', name);
}

// Two families of architectures have numbers of their own.
const encoding = /^(mips|ppc)/.test(process.arch)
  ? { shift: 29, codes: { none: 1, read: 2, write: 4, 'read-write': 6 } }
  : { shift: 30, codes: { none: 0, write: 1, read: 2, 'read-write': 3 } };

const call = declare('int ioctl(int descriptor, ulong request, void *argument)');
