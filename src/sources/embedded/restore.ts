import { SystemError } from '../../linux/libc.ts';
import type { Process } from '../../linux/process.ts';
import { isShortage } from '../../linux/shortage.ts';
import type { Machine, RegisteredClass } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';
import type { SavedMachine } from '../../machine/state-file.ts';
import type { Leaders } from '../kernel/leaders.ts';
import { pinSameProcess } from '../kernel/pin-same-process.ts';
import { identityOf } from '../kernel/process-identity.ts';
import type { LoadedState, StateDirectory } from './state-directory.ts';

/** Where machines are restored from and to. */
export interface RestoreParts {
  readonly registry: Registry;
  readonly states: StateDirectory;
  readonly onProblem: (error: Error) => void;
}

/**
 * Brings the machines of an earlier run back, or of systemd-machined. Those whose leaders have ended, or whose leader's
 * number is another process's by now, are forgotten with their files. A file that makes no sense is reported and left.
 * @param names whose files; without them all that there are
 * @returns those of which nothing is known for want of something (shortage.ts), and of what: to be tried again
 */
export function restoreMachines(
  { registry, states, onProblem }: RestoreParts,
  leaders: Leaders,
  names?: Iterable<string>,
): Map<string, Error> {
  const dead = new Map<string, LoadedState>();
  const unknown = new Map<string, Error>();
  const all = names === undefined ? states.load() : Array.from(names, (name) => states.read(name));
  for (const loaded of all) {
    const { name } = loaded;
    try {
      const machine = restore(loaded, leaders, onProblem);
      if (machine === undefined) dead.set(name, loaded);
      else admit(machine, registry, leaders);
    } catch (error) {
      if (isShortage(error)) unknown.set(name, error as Error);
      const what =
        'error' in loaded ? `cannot read the state of machine ${name}` : `machine ${name} cannot be restored`;
      onProblem(new Error(what, { cause: error }));
      continue;
    }
    relink(registry.get(name), states, onProblem);
  }
  if (names === undefined) states.discard(new Set(dead.keys()));
  else for (const [name, loaded] of dead) states.forget(name, 'saved' in loaded ? loaded.saved : {});
  return unknown;
}

/** Removes links that lead to no machine's file. What cannot be removed is told, and goes with the next start. */
export function tidy({ states, onProblem }: Pick<RestoreParts, 'states' | 'onProblem'>): void {
  try {
    states.discard(new Set());
  } catch (error) {
    onProblem(new Error('what machines have left that are no more cannot be removed', { cause: error }));
  }
}

/** Undefined for one that has ended. */
function restore(loaded: LoadedState, leaders: Leaders, onProblem: (error: Error) => void): Machine | undefined {
  if ('error' in loaded) throw loaded.error;
  const { saved } = loaded;
  for (const problem of saved.problems) onProblem(new Error(`state of machine ${loaded.name}: ${problem}`));
  if (saved.name !== loaded.name || saved.class === undefined || saved.leader === undefined) {
    throw new Error('name, class or leader is missing');
  }
  const leader = pinSameProcess(saved.leader, saved.timestamp?.monotonic ?? 0);
  if (leader === undefined) return undefined;
  try {
    return restored(saved, saved.name, saved.class, leader, leaders);
  } catch (error) {
    leader.close();
    // It has ended in this moment, and nobody else would tell of it.
    if (error instanceof SystemError && error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function admit(machine: Machine, registry: Registry, leaders: Leaders): void {
  try {
    registry.add(machine);
  } catch (error) {
    leaders.leave(machine.name as MachineName);
    throw error;
  }
}

function relink(machine: Machine | undefined, states: StateDirectory, onProblem: (error: Error) => void): void {
  if (machine === undefined) return;
  try {
    states.link(machine);
  } catch (error) {
    const what = `the link of unit ${machine.unit} to machine ${machine.name} cannot be made`;
    onProblem(new Error(what, { cause: error }));
  }
}

function restored(
  saved: SavedMachine,
  name: MachineName,
  machineClass: RegisteredClass,
  leader: Process,
  leaders: Leaders,
): Machine {
  const { problems: _problems, name: _name, class: _class, ...kept } = saved;
  return {
    name,
    ...kept,
    class: machineClass,
    leader: identityOf(leader),
    owner: kept.owner ?? 0,
    timestamp: kept.timestamp ?? { realtime: 0, monotonic: 0 },
    facts: leaders.enter(name, leader, machineClass),
  };
}
