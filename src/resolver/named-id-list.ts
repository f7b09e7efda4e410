import type { KnownAccounts } from '../machine/accounts.ts';
import { toHost } from '../machine/id-map.ts';
import { isSameRegistration } from '../machine/machine.ts';
import type { Registry } from '../machine/registry.ts';
import { type IdKind, type NamedId, namedById } from './named-id.ts';
import { passes, type RecordFilter } from './record-filter.ts';

/** A user or group of a list, or undefined: one was looked at that is not to be told, and there may be more. */
export type ListedId = NamedId | undefined;

/**
 * The users or groups that containers' own files name, as they would be found one by one: machines in order of
 * registration, the numbers in each rising. What has no name or is another machine's here is left out, and so is what
 * the filter excludes. It is made as it is taken, and may be left at any time.
 */
export function* listNamed(
  kind: IdKind,
  registry: Registry,
  accounts: KnownAccounts,
  filter?: RecordFilter,
): Generator<ListedId, void, void> {
  // As they are now: the registry may change while a slow reader takes his time.
  for (const listed of [...registry]) {
    const ids = kind.accounts(accounts.of(listed));
    for (let index = 0; index < ids.length; index++) {
      const machine = registry.get(listed.name);
      if (machine === undefined || !isSameRegistration(machine, listed)) break;
      const insideId = ids[index] as number;
      const id = toHost(kind.map(machine), insideId);
      const record = id === undefined ? undefined : namedById(kind, registry, id);
      const isIt = record?.machine === machine && record.insideId === insideId;
      yield isIt && (filter === undefined || passes(filter, record)) ? record : undefined;
    }
  }
}
