import { INTERNET } from './parameters.ts';

/** A record of the Internet's class, which nobody is to keep: the next moment it may be another. */
export interface WireRecord {
  readonly name: string;
  /** RFC 1035 3.2.2. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** A record as the DNS has it (RFC 1035 4.1.3), with no name compressed. */
export function wireRecord({ name, type, data }: WireRecord): Buffer {
  const owner = wireName(name);
  const fixed = Buffer.alloc(FIXED);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(INTERNET, 2);
  fixed.writeUInt32BE(0, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

/** A name of labels of 63 bytes at most (RFC 1035 3.1), with or without a dot at its end. */
export function wireName(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.');
  return Buffer.concat([...labels.map((label) => Buffer.from(`\0${label}`)), Buffer.alloc(1)].map(withLength));
}

function withLength(label: Buffer): Buffer {
  label[0] = label.length - 1;
  return label;
}

/** Bytes of type, class, time to live and the length of the data. */
const FIXED = 10;
