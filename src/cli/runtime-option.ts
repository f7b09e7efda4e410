import { resolve } from 'node:path';
import {
  besideService,
  defaultRuntimeDirectory,
  machinedService,
  type RuntimePaths,
  runtimePaths,
  systemDirectory,
} from '../machine/runtime-directory.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { UsageError } from './failures.ts';

/** Where a daemon is to be: `--runtime-dir`, or the default one of the user. @throws UsageError when there is neither */
export function chosenDirectory(values: Arguments['values'], { uid, environment }: Context): string {
  const directory = namedDirectory(values) ?? defaultRuntimeDirectory(uid, environment);
  if (directory === undefined) throw new UsageError('say --runtime-dir=DIR: $XDG_RUNTIME_DIR is not set');
  return directory;
}

/**
 * The services that there can be, in the order in which they are looked for: in the directory that is named, else in the
 * user's own and in the system's, which a user mostly means who has no registry of his own. In a directory ours is the
 * one to ask where it is beside systemd-machined, which cannot do all that ours can.
 */
export function chosenServices(
  values: Arguments['values'],
  { uid, environment }: Context,
): readonly [RuntimePaths, ...RuntimePaths[]] {
  const named = namedDirectory(values);
  if (named !== undefined) return servicesIn(named);
  const own = defaultRuntimeDirectory(uid, environment);
  const system = servicesIn(systemDirectory);
  return own === undefined || own === systemDirectory ? system : [...servicesIn(own), ...system];
}

function namedDirectory(values: Arguments['values']): string | undefined {
  const given = values['runtime-dir'];
  return typeof given === 'string' && given !== '' ? resolve(given) : undefined;
}

function servicesIn(directory: string): readonly [RuntimePaths, RuntimePaths] {
  return [runtimePaths(directory, besideService), runtimePaths(directory, machinedService)];
}
