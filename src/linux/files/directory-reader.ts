import { check, declare } from '../libc.ts';
import type { FileName } from './directory-files.ts';

/**
 * The names in an open directory, one piece after another, so that a directory of any length takes little memory. It
 * goes on where it has got to, whatever is opened or made meanwhile.
 */
export class DirectoryReader {
  readonly #descriptor: number;
  /** In the order of the file system, those to be given next last. */
  #names: FileName[] = [];

  /** @param descriptor that can be read; it stays the caller's, and only this is to read it */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Undefined at the end. `.` and `..` are left out. Throws a SystemError: ENOENT for one that was removed, EIO. */
  next(): FileName | undefined {
    while (this.#names.length === 0) {
      const length = check(getdents(this.#descriptor, piece, piece.length), 'getdents');
      if (length === 0) return undefined;
      this.#names = namesIn(piece.subarray(0, length)).reverse();
    }
    return this.#names.pop();
  }
}

// struct linux_dirent64 { uint64_t ino, off; uint16_t length; uint8_t type; char name[]; }
const LENGTH = 16;
const NAME = 19;

function namesIn(entries: Buffer): FileName[] {
  const names: FileName[] = [];
  for (let start = 0; start < entries.length; start += entries.readUInt16LE(start + LENGTH)) {
    const end = entries.indexOf(0, start + NAME);
    const name = entries.subarray(start + NAME, end);
    if (!isDots(name)) names.push(Buffer.from(name));
  }
  return names;
}

function isDots(name: Buffer): boolean {
  return (name.length === 1 && name[0] === DOT) || (name.length === 2 && name[0] === DOT && name[1] === DOT);
}

const DOT = 0x2e;
// In use only within a call.
const piece = Buffer.alloc(32 * 1024);
const getdents = declare('long getdents64(int descriptor, void *entries, size_t size)');
