import { encode, type StringAnswer } from 'dns-packet';
import type { Address } from '../../machine/address.ts';
import { addressText } from '../../machine/address-text.ts';
import type { Answer } from './io.systemd.Resolve.Hook.ts';
import { INTERNET } from './parameters.ts';

/** Types of records that there are here (RFC 1035 3.2.2, RFC 3596 2.1). */
export const types = { A: 1, PTR: 12, AAAA: 28 } as const;

/** The records of a name: one for each address, by type. */
export interface AddressRecords {
  readonly [types.A]: readonly Answer[];
  readonly [types.AAAA]: readonly Answer[];
}

/**
 * The records of a name for a machine's addresses. They are made once for a list of addresses, which is another list
 * after each change.
 */
export function addressRecords(name: string, addresses: readonly Address[]): AddressRecords {
  const byName = made.get(addresses) ?? new Map<string, AddressRecords>();
  if (byName.size === 0) made.set(addresses, byName);
  const known = byName.get(name);
  if (known !== undefined) return known;
  const records = {
    [types.A]: addresses.filter(({ family }) => family === 'ipv4').map((address) => addressRecord(name, address)),
    [types.AAAA]: addresses.filter(({ family }) => family === 'ipv6').map((address) => addressRecord(name, address)),
  };
  byName.set(name, records);
  return records;
}

const made = new WeakMap<readonly Address[], Map<string, AddressRecords>>();

function addressRecord(name: string, { family, bytes }: Address): Answer {
  const type = family === 'ipv4' ? 'A' : 'AAAA';
  return {
    rr: { key: { class: INTERNET, type: types[type], name }, address: [...bytes] },
    raw: wireFormat({ type, name, data: addressText(bytes) }),
  };
}

/** The record that leads from an address, by its name in reverse, to a machine's name. */
export function pointerRecord(name: string, machine: string): Answer {
  return {
    rr: { key: { class: INTERNET, type: types.PTR, name }, name: machine },
    raw: wireFormat({ type: 'PTR', name, data: machine }),
  };
}

/** A record as the DNS has it, in Base64. Nobody is to keep it: the next moment it may be another. */
function wireFormat(record: StringAnswer): string {
  return encode({ type: 'response', answers: [{ ...record, class: 'IN', ttl: 0 }] })
    .subarray(HEADER)
    .toString('base64');
}

/** Bytes before the first record of a message without a question (RFC 1035 4.1.1). */
const HEADER = 12;
