import type { Address } from '../../machine/address.ts';
import type { Answer } from './io.systemd.Resolve.Hook.ts';
import { INTERNET } from './parameters.ts';
import { wireName, wireRecord } from './wire-record.ts';

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
  const type = family === 'ipv4' ? types.A : types.AAAA;
  return {
    rr: { key: { class: INTERNET, type, name }, address: [...bytes] },
    raw: wireRecord({ name, type, data: bytes }).toString('base64'),
  };
}

/** The record that leads from an address, by its name in reverse, to a machine's name. */
export function pointerRecord(name: string, machine: string): Answer {
  return {
    rr: { key: { class: INTERNET, type: types.PTR, name }, name: machine },
    raw: wireRecord({ name, type: types.PTR, data: wireName(machine) }).toString('base64'),
  };
}
