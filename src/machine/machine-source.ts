import type { Address } from './address.ts';
import type { Machine, Timestamp } from './machine.ts';
import type { MachineName } from './machine-name.ts';
import type { AddressSource } from './network-details.ts';
import type { MachineOperations } from './operations.ts';
import type { Registry } from './registry.ts';

/**
 * Where machines come from, as `mymachines serve --source` has it: `embedded`, programs register them with us;
 * `machine1`, they are those of another registry, systemd-machined, on the system bus (org.freedesktop.machine1(5)).
 */
export const sourceNames = ['machine1', 'embedded'] as const;

export type SourceName = (typeof sourceNames)[number];

/**
 * Machines from one place, kept current in a registry of their own. Whoever makes the source puts `.host` there; the
 * source itself never adds, changes or removes that one.
 */
export interface MachineSource {
  readonly name: SourceName;
  /** The source alone changes it (but for facts of VMs, by sources/vm). */
  readonly registry: Registry;
  readonly leaders: MachineLeaders;
  /** What can be asked of it to change its machines. A source that only looks on refuses all with `not-supported`. */
  readonly operations: MachineOperations;
  /** As it is at the moment of asking. */
  readonly health: SourceHealth;
  /** Lets go of everything that is not memory. Its machines stay in the registry, unwatched. */
  close(): void;
}

/**
 * How far a source knows what it tells. `live`: as it is now. `stale`: as it was at `since`, and nobody tells of changes
 * at the moment, except that leaders that end are still seen. `absent`: it has never been heard of since we started.
 */
export type SourceHealth =
  | { readonly state: 'live' }
  | { readonly state: 'stale'; readonly since: Timestamp; readonly reason: string }
  | { readonly state: 'absent'; readonly reason: string };

/** What is known through the processes that lead the machines of a source. */
export interface MachineLeaders {
  /** Why addresses are not live; undefined when they are. */
  readonly limitation: Error | undefined;
  /** The host's own addresses, unfiltered. The same list means the same addresses. */
  hostAddresses(): readonly Address[];
  addressSource(name: MachineName): AddressSource;
  /** Has facts that nobody tells of read again, at most so often (MachineMetadata.refresh, operations.ts). */
  refresh(name: MachineName): void;
}

/** The machines of several sources as one registry: sources/merged. */
export interface MachineSources {
  /** In order of precedence. */
  readonly sources: readonly MachineSource[];
  /** What everybody is answered from. With one source its own registry. */
  readonly registry: Registry;
  /** Whose a machine of {@link registry} is. Undefined for `.host`, and for what has gone meanwhile. */
  sourceOf(machine: Machine): MachineSource | undefined;
  /** The machines that {@link registry} does not have because of another's, each once. */
  conflicts(): Iterable<SourceConflict>;
}

/** A machine that nobody sees, because that of an earlier source has what can be only one's. */
export interface SourceConflict {
  readonly machine: Machine;
  readonly source: SourceName;
  /** What they have in common; where it is several, the first of these. */
  readonly what: 'name' | 'leader' | 'unit';
  readonly by: Machine;
  readonly bySource: SourceName;
}
