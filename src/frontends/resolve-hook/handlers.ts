import type { MachineMetadata } from '../../machine/operations.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import { reverseAddress, reverseName } from '../../resolver/reverse-name.ts';
import { type Implementation, implement, VarlinkError } from '../../varlink/index.ts';
import { addressRecords, pointerRecord, types } from './encode.ts';
import type { Filter } from './filter.ts';
import { type Answer, description } from './io.systemd.Resolve.Hook.ts';
import { INTERNET, type Key, readQuestion } from './parameters.ts';

/** What io.systemd.Resolve.Hook is answered from. */
export interface ResolveHookServices {
  readonly hostNames: HostNames;
  readonly filter: Filter;
  readonly metadata: Pick<MachineMetadata, 'refresh'>;
}

/**
 * io.systemd.Resolve.Hook over host names: systemd-resolved asks it before it asks the network. Names of machines and
 * of their addresses are answered whatever type is asked for, so that the network is not asked about them; names below
 * a machine's are not ours: a machine called `ai` must not take the domain from the world (systemd#43783).
 */
export function resolveHook({ hostNames, filter, metadata }: ResolveHookServices): Implementation {
  /** The records that there are; undefined when the name is none of ours. */
  function find({ class: dnsClass, type, name }: Key): readonly Answer[] | undefined {
    const answer = hostNames.resolve(name);
    if (answer.kind === 'found') {
      metadata.refresh(answer.machine);
      if (dnsClass !== INTERNET || (type !== types.A && type !== types.AAAA)) return [];
      return addressRecords(answer.name, answer.addresses)[type];
    }
    const address = reverseAddress(name);
    const machines = address === undefined ? [] : hostNames.reverse(address);
    if (address === undefined || machines.length === 0) return undefined;
    if (dnsClass !== INTERNET || type !== types.PTR) return [];
    return machines.map((machine) => pointerRecord(reverseName(address), machine));
  }

  return implement(description, {
    QueryFilter: (_parameters, { more, signal }) => (more ? filter.follow(signal) : filter.reply),
    ResolveRecord: ({ question }) => {
      const keys = readQuestion(question);
      if (keys instanceof VarlinkError) return keys;
      const records = keys.map(find).filter((found) => found !== undefined);
      if (records.length === 0) return {};
      // Asked twice is answered once.
      return { rcode: NO_ERROR, answer: keys.length === 1 ? (records[0] as readonly Answer[]) : distinct(records) };
    },
  });
}

/** RFC 1035 4.1.1 */
const NO_ERROR = 0;

function distinct(records: readonly (readonly Answer[])[]): readonly Answer[] {
  const byContent = new Map<string, Answer>();
  for (const record of new Set(records).values()) {
    for (const answer of record) byContent.set(answer.raw, answer);
  }
  return [...byContent.values()];
}
