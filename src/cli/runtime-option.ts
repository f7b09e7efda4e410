import { resolve } from 'node:path';
import { defaultRuntimeDirectory, type RuntimePaths, runtimePaths } from '../daemon/runtime-directory.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { UsageError } from './failures.ts';

/** The paths below `--runtime-dir`, or below the default one of the user. @throws UsageError when there is neither */
export function chosenPaths(values: Arguments['values'], { uid, environment }: Context): RuntimePaths {
  const given = values['runtime-dir'];
  if (typeof given === 'string' && given !== '') return runtimePaths(resolve(given));
  const directory = defaultRuntimeDirectory(uid, environment);
  if (directory === undefined) throw new UsageError('say --runtime-dir=DIR: $XDG_RUNTIME_DIR is not set');
  return runtimePaths(directory);
}
