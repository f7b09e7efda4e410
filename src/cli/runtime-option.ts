import { resolve } from 'node:path';
import {
  besideService,
  defaultRuntimeDirectory,
  machinedService,
  type RuntimePaths,
  runtimePaths,
} from '../machine/runtime-directory.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { UsageError } from './failures.ts';

/** `--runtime-dir`, or the default one of the user. @throws UsageError when there is neither */
export function chosenDirectory(values: Arguments['values'], { uid, environment }: Context): string {
  const given = values['runtime-dir'];
  if (typeof given === 'string' && given !== '') return resolve(given);
  const directory = defaultRuntimeDirectory(uid, environment);
  if (directory === undefined) throw new UsageError('say --runtime-dir=DIR: $XDG_RUNTIME_DIR is not set');
  return directory;
}

/**
 * The services that there can be in the chosen directory, in the order in which they are looked for: ours is the one to
 * ask where it is beside systemd-machined, which cannot do all that ours can. @throws UsageError as
 * {@link chosenDirectory}
 */
export function chosenServices(values: Arguments['values'], context: Context): readonly RuntimePaths[] {
  const directory = chosenDirectory(values, context);
  return ([besideService, machinedService] as const).map((service) => runtimePaths(directory, service));
}
