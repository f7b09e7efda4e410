import type { Machine } from '../machine/machine.ts';
import type { Registry } from '../machine/registry.ts';
import { type IdKind, isShort, type NamedId, namedById, namedByName } from './named-id.ts';
import { passes, type RecordFilter } from './record-filter.ts';

/** Which user or group is asked for. */
export interface IdQuery {
  /** Number on the host. */
  readonly id?: number;
  readonly name?: string;
  readonly filter?: RecordFilter;
}

/** What there is to say to a query, in the words of io.systemd.UserDatabase. */
export type NamedIdAnswer =
  | { readonly kind: 'found'; readonly record: NamedId }
  /** Nothing has that number or name. */
  | { readonly kind: 'no-record' }
  /** The number is one record's, the name is not that record's. */
  | { readonly kind: 'conflicting' }
  /** It is there, but the filter excludes it. */
  | { readonly kind: 'non-matching' }
  /** Neither number nor name: all are asked for. */
  | { readonly kind: 'enumeration' };

/**
 * Whether another service, systemd-machined, gives the users and groups of a machine their ordinary names. Then those
 * are not given here, so that whoever asks both finds each once.
 */
export type GivenElsewhere = (machine: Machine) => boolean;

/**
 * Answers a query. The number decides when both are given, and the filter is asked before the name is compared (both
 * as systemd 262: its machine service and, for filters, its multiplexer).
 */
export function findNamed(
  kind: IdKind,
  registry: Registry,
  query: IdQuery,
  givenElsewhere?: GivenElsewhere,
): NamedIdAnswer {
  const { id, name, filter } = query;
  if (id === undefined && name === undefined) return { kind: 'enumeration' };
  const record = id === undefined ? namedByName(kind, registry, name ?? '') : namedById(kind, registry, id);
  if (record === undefined || (givenElsewhere?.(record.machine) && !isShort(record))) return { kind: 'no-record' };
  if (filter !== undefined && !passes(filter, record)) return { kind: 'non-matching' };
  if (id !== undefined && name !== undefined && record.name !== name) return { kind: 'conflicting' };
  return { kind: 'found', record };
}
