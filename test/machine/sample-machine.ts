import { parseIdMap } from '../../src/machine/id-map.ts';
import type { Machine, MachineFacts } from '../../src/machine/machine.ts';
import { parseMachineReference } from '../../src/machine/machine-name.ts';

let lastPid = 1000;

/** A machine as the registry takes it, with a leader of its own; `uidMap` and `gidMap` as in /proc, `/` for newline. */
export function sampleMachine(
  name: string,
  { uidMap = '', gidMap = uidMap, ...rest }: Partial<Omit<Machine, 'name' | 'facts'>> & SampleFacts = {},
): Machine {
  const { sharesHostUsers = false, ...properties } = rest;
  return {
    name: parseMachineReference(name),
    class: 'container',
    leader: { pid: ++lastPid, pidfdId: 10_000 + lastPid },
    interfaces: [],
    owner: 0,
    timestamp: { realtime: 1795261971399490, monotonic: 1193535192 },
    facts: {
      uidMap: parseIdMap(uidMap.replaceAll('/', '\n')),
      gidMap: parseIdMap(gidMap.replaceAll('/', '\n')),
      sharesHostUsers,
      sharesHostNetwork: false,
      addresses: [],
    },
    ...properties,
  };
}

/** The map of a leader in the host's own user namespace. */
export const hostUsers: SampleFacts = { uidMap: '0 0 4294967295', sharesHostUsers: true };

interface SampleFacts extends Partial<Pick<MachineFacts, 'sharesHostUsers'>> {
  readonly uidMap?: string;
  readonly gidMap?: string;
}
