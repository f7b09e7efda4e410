import { isHostAddress } from '../../machine/address.ts';
import { parseAddress } from '../../machine/address-text.ts';
import type { LinkAddress } from './link-address.ts';

/** An address that a DHCP server gave to a client. */
export interface Lease {
  readonly bytes: Uint8Array;
  readonly prefixLength?: number;
  /** Whom it was given to, where the server says so. */
  readonly linkAddress?: LinkAddress;
  /** Milliseconds since 1970. Absent: it does not end. */
  readonly expiresAt?: number;
}

/** What a file has, and what of it makes no sense: one line for each entry that was left out. */
export interface Parsed<Entry> {
  readonly entries: readonly Entry[];
  readonly problems: readonly string[];
}

/** As many entries of a file are looked at. */
export const MAXIMUM_ENTRIES = 65_536;

/** The address in a lease. @throws SyntaxError for what is none, or no host's */
export function leasedAddress(text: unknown): Uint8Array {
  const bytes = typeof text === 'string' ? parseAddress(text) : undefined;
  if (bytes === undefined || !isHostAddress(bytes)) throw new SyntaxError(`${quoted(text)} is no address of a host`);
  return bytes;
}

/** When a lease ends, from whole seconds since 1970, 0 being never. @throws SyntaxError */
export function expiryOf(seconds: unknown): Pick<Lease, 'expiresAt'> {
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 0) {
    throw new SyntaxError(`${quoted(seconds)} is no time`);
  }
  return seconds === 0 ? {} : { expiresAt: seconds * 1000 };
}

/** Reads each entry by itself. What `read` throws a SyntaxError for is left out, and said. */
export function parseEntries<Raw, Entry>(raw: readonly Raw[], read: (entry: Raw) => Entry | undefined): Parsed<Entry> {
  const entries: Entry[] = [];
  const problems: string[] = [];
  for (const one of raw.slice(0, MAXIMUM_ENTRIES)) {
    try {
      const entry = read(one);
      if (entry !== undefined) entries.push(entry);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      problems.push(error.message);
    }
  }
  if (raw.length > MAXIMUM_ENTRIES) problems.push(`only ${MAXIMUM_ENTRIES} entries of ${raw.length} are looked at`);
  return { entries, problems };
}

/** An array out of JSON. @throws SyntaxError for anything else */
export function jsonArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new SyntaxError(`${quoted(value)} is no JSON array`);
  return value;
}

/** The fields of a JSON object. @throws SyntaxError for anything else */
export function jsonObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SyntaxError(`${quoted(value)} is no JSON object`);
  }
  return value as Record<string, unknown>;
}

/** Some of a value, for a message that ends up in the log: of one line and not long. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
