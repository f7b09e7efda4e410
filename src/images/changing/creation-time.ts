import { fstatSync } from 'node:fs';
import { readAttribute, writeAttribute } from '../../linux/files/file-attributes.ts';

/** Notes in a copy when the original was made, as systemd does: the earlier of what the file system and such a note say. */
export function copyCreationTime(source: number, copy: number): void {
  try {
    const { birthtimeNs } = fstatSync(source, { bigint: true });
    const noted = readAttribute(source, ATTRIBUTE);
    const times = [birthtimeNs / 1000n, noted?.length === 8 ? noted.readBigUInt64LE() : 0n].filter((time) => time > 0n);
    const [earliest] = times.sort((a, b) => (a < b ? -1 : 1));
    if (earliest === undefined) return;
    const value = Buffer.alloc(8);
    value.writeBigUInt64LE(earliest);
    writeAttribute(copy, ATTRIBUTE, value);
  } catch {
    // Nothing depends on it.
  }
}

/** Microseconds since 1970, little endian. */
const ATTRIBUTE = 'user.crtime_usec';
