import { Inside } from '../inside/inside.ts';
import { MountProcesses } from '../inside/mounts/mount-processes.ts';
import type { Authority } from '../machine/authorize.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineSources } from '../machine/machine-source.ts';
import type { MachineFiles } from '../machine/operations.ts';
import type { Log } from './log/log.ts';
import { logDeed } from './log/log-deed.ts';
import { mountsProgram } from './package-files.ts';

interface DaemonInsideParts {
  readonly sources: MachineSources;
  readonly authority: Authority;
  readonly files: MachineFiles;
  readonly log: Log;
  readonly uid: number;
}

/** What is done inside of machines, as far as it can be done by whoever the daemon runs as. */
export function openInside({ sources, authority, files, log, uid }: DaemonInsideParts): Inside {
  return new Inside({
    registry: sources.registry,
    authority,
    files,
    keeps: (machine) => keeps(sources, machine),
    // The mounts of the host are the system's.
    mounts: uid === 0 ? new MountProcesses(mountsProgram) : undefined,
    onDeed: (deed) => logDeed(log, deed),
  });
}

/** Those of systemd-machined are left to that. */
function keeps(all: MachineSources, machine: Machine): boolean {
  if (machine.class === 'host') return all.sources.some(({ name }) => name === 'embedded');
  return all.sourceOf(machine)?.name === 'embedded';
}
