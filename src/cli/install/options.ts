import { posix } from 'node:path';
import type { Arguments, OptionSpec } from '../arguments.ts';
import { UsageError } from '../failures.ts';
import { Target } from './target.ts';

/** Options of `install` and `uninstall`. */
export const installOptions: Readonly<Record<string, OptionSpec>> = {
  prefix: { type: 'string' },
  root: { type: 'string' },
  'dry-run': { type: 'boolean' },
};

/** The options' values: where below a root, and whether it is done or only said. */
export interface InstallOptions {
  readonly prefix: string;
  readonly target: Target;
  readonly dryRun: boolean;
}

/** @throws UsageError for a prefix that is no directory's absolute path; Error for a root that is not there */
export function readInstallOptions(values: Arguments['values']): InstallOptions {
  const given = String(values['prefix'] ?? '/usr');
  const prefix = posix.normalize(given).replace(/\/$/, '');
  if (!/^\/[^\p{Cc}]+$/u.test(prefix)) {
    throw new UsageError(`--prefix= takes an absolute path such as /usr, not ${JSON.stringify(given)}`);
  }
  return { prefix, target: new Target(String(values['root'] ?? '/')), dryRun: values['dry-run'] === true };
}
