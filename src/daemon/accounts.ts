import type { Registry } from '../machine/registry.ts';
import { ContainerAccounts } from '../sources/kernel/roots/container-accounts.ts';
import type { MachineRoots } from '../sources/kernel/roots/machine-roots.ts';
import { describeError, type Log } from './log/log.ts';

/** What account files are read by, and of whom. */
export interface AccountParts {
  readonly registry: Registry;
  readonly roots: Pick<MachineRoots, 'accounts'>;
  readonly log: Log;
}

/** Has the account files of containers read ahead, for who asks for all users. */
export function readAccounts({ registry, roots, log }: AccountParts): ContainerAccounts {
  return new ContainerAccounts(registry, roots, ({ name }, error) =>
    log.debug('accounts not read', { name, reason: describeError(error) }),
  );
}
