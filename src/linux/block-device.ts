import { ioctl, ioctlRequest } from './ioctl.ts';

/** Whether all writing to an open block device is refused, by whomever it was opened. Throws a SystemError. */
export function setBlockDeviceReadOnly(descriptor: number, readOnly: boolean): void {
  ioctl(descriptor, BLKROSET, new Int32Array([readOnly ? 1 : 0]), 'BLKROSET');
}

const BLKROSET = ioctlRequest('none', 0x12, 93, 0);
