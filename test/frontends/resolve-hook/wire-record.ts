/** A record as it goes over the wire (RFC 1035 3.2.1), read byte for byte. */
export interface WireRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Uint8Array;
}

/** Reads one record without compression, in Base64; throws when anything is missing or left over. */
export function readWireRecord(raw: string): WireRecord {
  const bytes = Buffer.from(raw, 'base64');
  if (bytes.toString('base64') !== raw) throw new Error(`no Base64: ${raw}`);
  const [name, at] = readName(bytes, 0);
  const length = bytes.readUInt16BE(at + 8);
  const data = bytes.subarray(at + 10);
  if (data.length !== length) throw new Error(`${data.length} bytes of data, not ${length}`);
  return {
    name,
    type: bytes.readUInt16BE(at),
    class: bytes.readUInt16BE(at + 2),
    ttl: bytes.readUInt32BE(at + 4),
    data,
  };
}

/** A name without compression: its labels, and where it ends. */
export function readName(bytes: Uint8Array, start: number): [name: string, end: number] {
  const labels: string[] = [];
  let at = start;
  for (let length = bytes[at++]; length !== 0; length = bytes[at++]) {
    if (length === undefined || length > 63) throw new Error(`a label of ${length} bytes`);
    labels.push(Buffer.from(bytes.subarray(at, at + length)).toString('latin1'));
    at += length;
  }
  return [labels.join('.'), at];
}
