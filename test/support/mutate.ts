/**
 * Bytes that somebody damaged: one to four times a bit turned over, a byte set, a piece taken out, put in twice, the end
 * cut off, or any bytes put in.
 * @param random gives integers from 0 up to, not including, its parameter
 */
export function mutated(original: Buffer, random: (limit: number) => number): Buffer {
  let bytes = Buffer.from(original);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const length = random(12);
    const [before, piece, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + length),
      bytes.subarray(at + length),
    ];
    const any = () => Buffer.from(Array.from({ length }, () => random(256)));
    const kind = random(6);
    if (kind === 0 && at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random(8));
    else if (kind === 1 && at < bytes.length) bytes[at] = TELLING[random(TELLING.length)] as number;
    else if (kind === 2) bytes = Buffer.concat([before, after]);
    else if (kind === 3) bytes = Buffer.concat([before, piece, piece, after]);
    else if (kind === 4 && random(4) === 0) bytes = Buffer.from(before);
    else if (kind === 5) bytes = Buffer.concat([before, any(), piece, after]);
  }
  return bytes;
}

/** Lengths, counts, and the first bytes of pointers. */
const TELLING = [0, 1, 0x29, 0x3f, 0x40, 0xc0, 0xff];
