import { RunningCopies } from '../inside/copies/running-copies.ts';
import { Inside } from '../inside/inside.ts';
import { MountProcesses } from '../inside/mounts/mount-processes.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import { Process } from '../linux/process.ts';
import { isUserNamespaceOf } from '../linux/process-user.ts';
import type { Authority } from '../machine/authorize.ts';
import { MachineError } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineSources } from '../machine/machine-source.ts';
import type { Log } from './log/log.ts';
import { logDeed } from './log/log-deed.ts';
import { copyingProgram, mountsProgram } from './package-files.ts';
import { type DaemonTerminalsParts, openTerminals } from './terminals.ts';

interface DaemonInsideParts extends DaemonTerminalsParts {
  readonly sources: MachineSources;
  readonly authority: Authority;
  /** Where processes are watched that have begun something, also when this one is to end. */
  readonly jobLoop: EventLoop;
  readonly log: Log;
  readonly uid: number;
}

/** What is done inside of machines, as far as it can be done by whoever the daemon runs as. */
export function openInside(parts: DaemonInsideParts): Inside {
  const { sources, authority, jobLoop, roots, log, uid, closing } = parts;
  const copies = new RunningCopies({ registry: sources.registry, program: { path: copyingProgram, loop: jobLoop } });
  closing.add(() => copies.close());
  return new Inside({
    registry: sources.registry,
    authority,
    uid,
    files: roots,
    ownsUsers,
    keeps: (machine) => keeps(sources, machine),
    terminals: openTerminals(parts),
    // The mounts of the host are the system's.
    mounts: uid === 0 ? new MountProcesses({ path: mountsProgram, loop: jobLoop }) : undefined,
    copies,
    onDeed: (deed) => logDeed(log, deed),
  });
}

function ownsUsers({ name, leader, owner }: Machine): boolean {
  try {
    return Process.askSame(leader, (process) => isUserNamespaceOf(process, owner));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    throw new MachineError('no-such-process', `the leader of ${name} has ended`);
  }
}

/** Those of systemd-machined are left to that. */
function keeps(all: MachineSources, machine: Machine): boolean {
  if (machine.class === 'host') return all.sources.some(({ name }) => name === 'embedded');
  return all.sourceOf(machine)?.name === 'embedded';
}
