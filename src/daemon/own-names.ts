import type { Machine } from '../machine/machine.ts';
import type { Registry } from '../machine/registry.ts';
import type { HostNames } from '../resolver/host-names.ts';
import type { MachineRoots } from '../sources/kernel/roots/machine-roots.ts';
import { describeError, type Log } from './log/log.ts';

/** What own names are read by, and for whom. */
export interface OwnNameParts {
  readonly registry: Registry;
  readonly roots: Pick<MachineRoots, 'hostName'>;
  readonly hostNames: Pick<HostNames, 'callItself'>;
  /** What the host is called: with a dot or without, the host alone is that. */
  readonly host: string;
  readonly log: Log;
}

/**
 * Has containers answer to what they call themselves, too: it is read when they are registered, and before anybody
 * asks. Returns what ends it.
 */
export function followOwnNames({ registry, roots, hostNames, host, log }: OwnNameParts): () => void {
  const [hostLabel = ''] = host.toLowerCase().split('.');
  const read = async (machine: Machine): Promise<void> => {
    if (machine.class !== 'container') return;
    try {
      const name = await roots.hostName(machine);
      if (name?.toLowerCase() !== hostLabel) hostNames.callItself(machine, name);
    } catch (error) {
      log.debug('own name not read', { name: machine.name, reason: describeError(error) });
    }
  };
  for (const machine of registry) void read(machine);
  return registry.subscribe(({ kind, machine }) => {
    if (kind === 'added') void read(machine);
  });
}
