import { Process } from '../../linux/process.ts';
import type { Machine, ProcessIdentity, RegisteredClass } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';
import type { SavedMachine } from '../../machine/state-file.ts';
import type { Leaders } from '../kernel/leaders.ts';
import { canHavePidfdId, identityOf } from '../kernel/process-identity.ts';
import type { StateDirectory } from './state-directory.ts';

/** Where machines are restored from and to. */
export interface RestoreParts {
  readonly registry: Registry;
  readonly states: StateDirectory;
  readonly onProblem: (error: Error) => void;
}

/**
 * Brings the machines of an earlier run back, or of systemd-machined. Those whose leaders have ended, or whose leader's
 * number is another process's by now, are forgotten with their files. A file that makes no sense is reported and left.
 */
export function restoreMachines({ registry, states, onProblem }: RestoreParts, leaders: Leaders): void {
  const dead = new Set<string>();
  for (const loaded of states.load()) {
    if ('error' in loaded) {
      onProblem(new Error(`cannot read the state of machine ${loaded.name}`, { cause: loaded.error }));
      continue;
    }
    const { name, saved } = loaded;
    for (const problem of saved.problems) onProblem(new Error(`state of machine ${name}: ${problem}`));
    if (saved.name !== name || saved.class === undefined || saved.leader === undefined) {
      onProblem(new Error(`state of machine ${name}: name, class or leader is missing`));
      continue;
    }
    const leader = openSame(saved.leader);
    if (leader === undefined) {
      dead.add(name);
      continue;
    }
    let machine: Machine;
    try {
      machine = restored(saved, saved.name, saved.class, leader, leaders);
      registry.add(machine);
    } catch (error) {
      leaders.leave(saved.name);
      leader.close();
      onProblem(new Error(`machine ${name} cannot be restored`, { cause: error }));
      continue;
    }
    try {
      states.link(machine);
    } catch (error) {
      onProblem(new Error(`the link of unit ${machine.unit} to machine ${name} cannot be made`, { cause: error }));
    }
  }
  states.discard(dead);
}

/** The process, if it is still the same one and alive. */
function openSame({ pid, pidfdId }: ProcessIdentity): Process | undefined {
  let process: Process;
  try {
    process = Process.open(pid);
  } catch {
    return undefined;
  }
  if (canHavePidfdId(process, pidfdId) && process.alive()) return process;
  process.close();
  return undefined;
}

function restored(
  saved: SavedMachine,
  name: MachineName,
  machineClass: RegisteredClass,
  leader: Process,
  leaders: Leaders,
): Machine {
  const { problems: _problems, ...kept } = saved;
  return {
    ...kept,
    name,
    class: machineClass,
    leader: identityOf(leader),
    owner: kept.owner ?? 0,
    timestamp: kept.timestamp ?? { realtime: 0, monotonic: 0 },
    facts: leaders.enter(name, leader, machineClass),
  };
}
