import type { Machine } from '../../machine/machine.ts';

/** Numbers of record types and of what can only be asked for (RFC 6895 3.1). */
export const recordTypes = {
  A: 1,
  NS: 2,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  ANY: 255,
} as const;

/** Class Internet; nothing is answered in any other. */
export const CLASS_IN = 1;

/**
 * A record in class IN. Names are without a dot at their end; `owner` is that of the question or the end of it, in
 * whatever case.
 */
export type ResourceRecord = { readonly owner: string } & RecordData;

type RecordData =
  /** 4 bytes. */
  | { readonly type: 'A'; readonly address: Uint8Array }
  /** 16 bytes. */
  | { readonly type: 'AAAA'; readonly address: Uint8Array }
  | { readonly type: 'NS'; readonly target: string }
  | { readonly type: 'PTR'; readonly target: string }
  /** Up to 255 bytes each. */
  | { readonly type: 'TXT'; readonly strings: readonly string[] }
  | { readonly type: 'HINFO'; readonly cpu: string; readonly os: string }
  | { readonly type: 'SOA'; readonly mname: string; readonly rname: string; readonly serial: number };

/** Times of an SOA record, in seconds (RFC 1035 3.3.13). Nobody transfers the zone, so they say nothing to anybody. */
export const zoneTimes = { refresh: 3600, retry: 600, expire: 86_400 } as const;

/** Response codes (RFC 6895 2.3). BADVERS does not fit into the header: its upper bits are in the OPT record. */
export const responseCodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type ResponseCode = keyof typeof responseCodes;

/** What is answered to a question: a code, and records that all have the zone's time to live. */
export interface Answer {
  readonly code: ResponseCode;
  readonly answers: readonly ResourceRecord[];
  /** The SOA record, where there is nothing to tell (RFC 2308 2). */
  readonly authority: readonly ResourceRecord[];
  /** Whose name it is, however that is spelled: until the names change the answer stays the same. */
  readonly machine?: Machine;
}
