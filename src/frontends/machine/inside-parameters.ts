import type { ShellRequest } from '../../machine/inside-operations.ts';
import { parseAbsolutePath, parseNormalizedPath } from '../../machine/registration-rules.ts';
import { parseEnvironment, parseShellUser } from '../../machine/shell-rules.ts';
import type { Methods } from './io.systemd.Machine.ts';

type OpenParameters = Methods['Open']['parameters'];
type PathParameters = Pick<Methods['CopyTo']['parameters'], 'source' | 'destination'>;

/**
 * What is to be run, if a shell is asked for. Systemd 262 checks all of it whatever is asked for, and then makes no use of
 * it.
 * @throws MachineError `invalid-parameter`
 */
export function readShell({ user, path, args, environment }: OpenParameters): ShellRequest {
  return {
    ...(typeof user === 'string' && { user: parseShellUser(user, 'user') }),
    ...(typeof path === 'string' && { path: parseAbsolutePath(path, 'path') }),
    ...(args && args.length > 0 && { args }),
    environment: parseEnvironment(environment ?? [], 'environment'),
  };
}

/**
 * Where from and where to. Without a destination it is the same path on the other side.
 * @throws MachineError `invalid-parameter`
 */
export function readPaths({ source, destination }: PathParameters): { source: string; destination: string } {
  const from = parseNormalizedPath(source, 'source');
  return {
    source: from,
    destination: typeof destination === 'string' ? parseNormalizedPath(destination, 'destination') : from,
  };
}
