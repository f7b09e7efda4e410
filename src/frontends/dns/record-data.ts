import dnsPacket from 'dns-packet';
import { type ResourceRecord, zoneTimes } from './records.ts';

/**
 * Writes length and data of a record and gives where they end; infinity for what does not fit.
 * @param ttl seconds for which nobody need ask again for what is not there (RFC 2308 4)
 */
export function encodeRecordData(record: ResourceRecord, ttl: number, into: Buffer, at: number): number {
  if (record.type === 'A' || record.type === 'AAAA') {
    const { address } = record;
    if (at + 2 + address.length > into.length) return Number.POSITIVE_INFINITY;
    into.writeUInt16BE(address.length, at);
    into.set(address, at + 2);
    return at + 2 + address.length;
  }
  const { encode, encodingLength } = codec(record.type);
  const data = dataOf(record, ttl);
  if (at + encodingLength(data) > into.length) return Number.POSITIVE_INFINITY;
  encode(data, into, at);
  return at + encode.bytes;
}

function dataOf(record: Exclude<ResourceRecord, { readonly address: Uint8Array }>, ttl: number): unknown {
  switch (record.type) {
    case 'NS':
    case 'PTR':
      return record.target;
    case 'TXT':
      return record.strings.map((text) => Buffer.from(text).subarray(0, 255));
    case 'HINFO':
      return { cpu: record.cpu, os: record.os };
    case 'SOA':
      return { mname: record.mname, rname: record.rname, serial: record.serial, ...zoneTimes, minimum: ttl };
  }
}

/** The codec of a type's data in dns-packet, which its types do not mention. */
interface Codec {
  readonly encode: { (data: unknown, into: Buffer, at: number): Buffer; readonly bytes: number };
  encodingLength(data: unknown): number;
}

const { record: codec } = dnsPacket as unknown as { record(type: string): Codec };
