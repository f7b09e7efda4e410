import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { failedWith } from '../../linux/error-number.ts';
import { copyInKernel, moveTo, nextData, shareContent } from '../../linux/files/file-content.ts';
import { CopyError } from './copy-error.ts';
import type { Watch } from './watch.ts';

/** Bytes between two looks at whether the copy is still wanted, and those that are held in memory. */
const IN_KERNEL = 8 * 1024 * 1024;
const IN_MEMORY = 1024 * 1024;
/** Bytes that are read of a file without a size. The longest that are known, traces of the kernel, are shorter. */
const WITHOUT_SIZE = 256 * 1024 * 1024;

/**
 * Copies what is in a file to another, which is empty: without copying where both can share it, and leaving out what
 * are holes. It ends where the file ended when that was looked at, however fast somebody makes it longer.
 * @param size of the file; one of 0 bytes is read to its end, since files below /proc have no size
 * @throws CopyError EFBIG for a file of 0 bytes that has more than 256 MiB: somebody writes to it without end
 */
export function copyContent(from: number, to: number, size: bigint, watch: Watch): void {
  if (size === 0n) copyToEnd(from, to, watch);
  else if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new CopyError('EFBIG');
  else if (shareContent(from, to)) watch.copied(Number(size));
  else copyData(from, to, Number(size), watch);
}

function copyData(from: number, to: number, size: number, watch: Watch): void {
  const pump = new Pump(from, to, watch);
  let offset = 0;
  while (offset < size) {
    const data = nextData(from, offset);
    if (data === undefined || data.start >= size) break;
    const end = Math.min(data.end, size);
    moveTo(from, data.start);
    moveTo(to, data.start);
    for (offset = data.start; offset < end; ) {
      const count = pump.copy(end - offset);
      // Somebody makes it shorter.
      if (count === 0) return;
      offset += count;
    }
  }
  ftruncateSync(to, size);
}

function copyToEnd(from: number, to: number, watch: Watch): void {
  const pump = new Pump(from, to, watch, false);
  for (let read = 0, count = -1; count !== 0; read += count) {
    if (read >= WITHOUT_SIZE) throw new CopyError('EFBIG');
    count = pump.copy(IN_MEMORY);
  }
}

// One for all files: to make one takes longer than to copy what is in most of them.
const buffer = Buffer.allocUnsafe(IN_MEMORY);

/** Moves bytes from where one file is to where the other is, by whatever means there are. */
class Pump {
  readonly #from: number;
  readonly #to: number;
  readonly #watch: Watch;
  #inKernel: boolean;

  constructor(from: number, to: number, watch: Watch, inKernel = true) {
    this.#from = from;
    this.#to = to;
    this.#watch = watch;
    this.#inKernel = inKernel;
  }

  /** How many they were, 0 at the end. */
  copy(length: number): number {
    this.#watch.check();
    const count = this.#copyInKernel(length) ?? this.#copyInMemory(length);
    this.#watch.copied(count);
    return count;
  }

  #copyInKernel(length: number): number | undefined {
    if (!this.#inKernel) return undefined;
    const count = copyInKernel(this.#from, this.#to, Math.min(length, IN_KERNEL));
    if (count !== undefined && count > 0) return count;
    // Before Linux 5.19 there seems to be nothing in files below /proc.
    this.#inKernel = false;
    return undefined;
  }

  #copyInMemory(length: number): number {
    const count = this.#read(buffer, Math.min(length, IN_MEMORY));
    for (let written = 0; written < count; ) written += writeSync(this.#to, buffer, written, count - written);
    return count;
  }

  #read(into: Buffer, length: number): number {
    for (;;) {
      try {
        return readSync(this.#from, into, 0, length, null);
      } catch (error) {
        // A file below /proc that tells of what comes, as kmsg.
        if (!failedWith(error, 'EAGAIN')) throw error;
        this.#watch.untilReadable(this.#from);
      }
    }
  }
}
