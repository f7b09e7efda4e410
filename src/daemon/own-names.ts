import { MachineError } from '../machine/errors.ts';
import { isSameRegistration, type Machine } from '../machine/machine.ts';
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
 * Milliseconds after which a container is asked again that did not answer, one after the other: the host may have been
 * busy, as while it starts.
 */
const ASKED_AGAIN_AFTER: readonly number[] = [1000, 5000, 30_000];

/**
 * Has containers answer to what they call themselves, too: it is read when they are registered, and before anybody
 * asks. Returns what ends it.
 */
export function followOwnNames({ registry, roots, hostNames, host, log }: OwnNameParts): () => void {
  const [hostLabel = ''] = host.toLowerCase().split('.');
  const waiting = new Set<NodeJS.Timeout>();
  const read = async (machine: Machine, attempt = 0): Promise<void> => {
    const registered = registry.get(machine.name);
    if (machine.class !== 'container' || registered === undefined || !isSameRegistration(registered, machine)) return;
    try {
      const name = await roots.hostName(machine);
      if (name?.toLowerCase() !== hostLabel) hostNames.callItself(machine, name);
    } catch (error) {
      log.debug('own name not read', { name: machine.name, reason: describeError(error) });
      const delay = ASKED_AGAIN_AFTER[attempt];
      if (delay !== undefined && mayPass(error)) readAfter(delay, machine, attempt + 1);
    }
  };
  const readAfter = (delay: number, machine: Machine, attempt: number): void => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      void read(machine, attempt);
    }, delay);
    waiting.add(timer);
  };
  for (const machine of registry) void read(machine);
  const unsubscribe = registry.subscribe(({ kind, machine }) => {
    if (kind === 'added') void read(machine);
  });
  return () => {
    unsubscribe();
    for (const timer of waiting) clearTimeout(timer);
    waiting.clear();
  };
}

/** That it did not answer, or could not be asked, now: not that it has ended. */
function mayPass(error: unknown): boolean {
  return error instanceof MachineError && error.code === 'not-available';
}
