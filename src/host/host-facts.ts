import type { BusNameFact } from './bus-name.ts';
import type { DnsFacts } from './dns.ts';
import type { FileFacts } from './file-facts.ts';
import type { ResolvedFacts } from './resolved.ts';
import type { SocketFact } from './socket-state.ts';

/** What a host is like, as far as names of machines are concerned. */
export interface HostFacts {
  /** Where the sockets are: `/run/systemd`, unless something else was asked for. */
  readonly directory: string;
  readonly sockets: SocketFacts;
  readonly files: FileFacts;
  /** Who is org.freedesktop.machine1. */
  readonly bus: BusNameFact;
  readonly resolved: ResolvedFacts;
  readonly dns: DnsFacts;
  /** gethostname(2) */
  readonly hostName: string;
  /** uname(2), as in `6.12.48+deb13-amd64` */
  readonly kernel: string;
}

/** The sockets below the directory: those of whoever is the system's registry, and mymachines' own beside it. */
export interface SocketFacts {
  readonly machine: OwnAndShared;
  readonly userdb: OwnAndShared;
  /** All others that libnss_systemd asks for users and groups, by their paths. */
  readonly otherUserdbs: readonly SocketFact[];
  /** All that systemd-resolved asks, by their paths. */
  readonly hooks: readonly SocketFact[];
}

/** `own` is io.github.mymachines, `shared` is io.systemd.Machine. */
export interface OwnAndShared {
  readonly own: SocketFact;
  readonly shared: SocketFact;
}

/** What the running mymachines tells of itself and its machines. */
export interface ServiceFacts {
  /** Its process. */
  readonly pid: number;
  readonly openDescriptors: number;
  /** Infinity where there is none. */
  readonly descriptorLimit: number;
  readonly machines: readonly KnownMachine[];
}

/**
 * `instead`: in the place of systemd-machined; `beside`: systemd-machined's sockets and name are left alone; `apart`: in
 * a directory of its own, where only those look who know of it.
 */
export type Place = 'instead' | 'beside' | 'apart';

/** A machine, as far as it can be mistaken for something else on the host. */
export interface KnownMachine {
  readonly name: string;
  /** Those that are given out, as text. */
  readonly addresses: readonly string[];
  /** Ids on the host. */
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
}

/** Ids that follow each other. */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}
