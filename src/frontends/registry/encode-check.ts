import type { MachineSources, SourceConflict } from '../../machine/machine-source.ts';
import type { Findings } from '../../resolver/check.ts';
import type { Methods } from './io.github.mymachines.Registry.ts';
import { underscored } from './underscored.ts';

type Reply = Methods['Check']['reply'];

/** The process that answers, and what it may still do. */
export interface ServiceProcess {
  readonly pid: number;
  /** Those that are open. */
  readonly descriptors: number;
  /** How many may be open (RLIMIT_NOFILE); undefined for no limit. */
  readonly descriptorLimit: number | undefined;
}

/** What Check tells besides findings. */
export interface CheckedService {
  readonly sources: Pick<MachineSources, 'sources' | 'conflicts'>;
  readonly process: ServiceProcess;
}

/** The reply of Check. */
export function checkReply({ findings, more }: Findings, { sources, process }: CheckedService): Reply {
  const conflicts = [...sources.conflicts()];
  const told = conflicts.slice(0, CONFLICTS);
  return {
    findings: findings.map(({ level, reason, machines, others, name, by, start, count }) => ({
      level,
      reason: underscored(reason),
      machines: machines.map((machine) => machine.name),
      others,
      name,
      by: by?.name,
      start,
      count,
    })),
    more: more.map(underscored),
    sources: sources.sources.map(({ name, registry, health }) => ({
      name,
      state: health.state,
      // The host is in each of them.
      machines: [...registry].filter((machine) => machine.class !== 'host').length,
      since: health.state === 'stale' ? health.since.realtime : undefined,
      reason: health.state === 'live' ? undefined : health.reason,
    })),
    conflicts: told.map(conflictReply),
    moreConflicts: conflicts.length - told.length,
    service: process,
  };
}

function conflictReply({ machine, source, what, by, bySource }: SourceConflict): Reply['conflicts'][number] {
  return { machine: machine.name, source, what, by: by.name, bySource };
}

/** Nobody reads more, and there can be thousands. */
const CONFLICTS = 64;
