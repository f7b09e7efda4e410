import { PreparedBody } from '../../dbus/call.ts';
import { encodeBody } from '../../dbus/codec/body-encoder.ts';
import { encodeTextDictionary } from '../../dbus/codec/text-dictionary.ts';
import type { Address } from '../../machine/address.ts';
import type { Image } from '../../machine/images.ts';
import type { Machine } from '../../machine/machine.ts';
import { imagePath, machinePath } from './paths.ts';

/** Linux address families (socket.h), which the interface uses. */
const families = { ipv4: 2, ipv6: 10 } as const;

/** What GetAddresses answers. */
export function addressesBody(addresses: readonly Address[]): PreparedBody {
  return prepared('a(iay)', [addresses.map(({ family, bytes }) => [families[family], bytes])]);
}

/** What GetMachine answers. */
export function pathBody(machine: Machine): PreparedBody {
  return prepared('o', [machinePath(machine.name)]);
}

/**
 * A machine as ListMachines has it, encoded as a structure that begins at a multiple of 8 and filled up to the next.
 */
export function listEntry({ name, class: machineClass, service = '' }: Machine): ListEntry {
  const { bytes } = encodeBody('(ssso)', [[name, machineClass, service, machinePath(name)]]);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  return { bytes: padded, length: bytes.length };
}

export interface ListEntry {
  /** With zeros behind. */
  readonly bytes: Uint8Array;
  /** How many of the bytes are no zeros behind. */
  readonly length: number;
}

/**
 * What ListMachines answers, put together from what is encoded already: the array's length in bytes, without the zeros
 * before its first entry and behind its last (D-Bus Specification, "Marshaling containers").
 */
export function listBody(entries: Iterable<ListEntry>): PreparedBody {
  const parts: Uint8Array[] = [new Uint8Array(8)];
  let end = 8;
  let last = 0;
  for (const { bytes, length } of entries) {
    parts.push(bytes);
    end += bytes.length;
    last = bytes.length - length;
  }
  const body = Buffer.concat(parts, end - last);
  body.writeUInt32LE(body.length - 8, 0);
  return new PreparedBody('a(ssso)', body);
}

/** What GetImage answers. */
export function imagePathBody(name: string): PreparedBody {
  return prepared('o', [imagePath(name)]);
}

/** What ListImages answers. What is not known of an image is 0, of its usage all ones. */
export function imageListBody(images: readonly Image[]): PreparedBody {
  const entries = images.map((image) => [
    image.name,
    image.type,
    image.readOnly,
    BigInt(image.creationTime ?? 0),
    BigInt(image.modificationTime ?? 0),
    image.usage ?? unknownSize,
    imagePath(image.name),
  ]);
  return prepared('a(ssbttto)', [entries]);
}

/** How a number of bytes is written that is not known, or of a limit that there is none. */
export const unknownSize = 0xffff_ffff_ffff_ffffn;

/** The 16 bytes of an id, or none. */
export function idBytes(id: string | undefined): Uint8Array {
  return Buffer.from(id ?? '', 'hex');
}

/** What GetOSRelease answers of fields `KEY=VALUE`. */
export function fieldsBody(fields: readonly string[]): PreparedBody {
  const pairs = fields.map((field): [string, string] => {
    const equals = field.indexOf('=');
    return [field.slice(0, equals), field.slice(equals + 1)];
  });
  return new PreparedBody('a{ss}', encodeTextDictionary(new Map(pairs)));
}

function prepared(signature: string, values: readonly unknown[]): PreparedBody {
  return new PreparedBody(signature, encodeBody(signature, values).bytes);
}
