import type { MachineSources } from '../../machine/machine-source.ts';
import type { GivenElsewhere } from '../../resolver/record-query.ts';

/**
 * Of which machines systemd-machined gives the ordinary names of users and groups: all containers that it has a machine
 * of that name for, also where another source's machine hides that. None while it is not there, and its machines are
 * what is remembered of it: then their users would have no names at all. Undefined where none of the sources is
 * systemd-machined.
 */
export function givenByMachined({ sources }: Pick<MachineSources, 'sources'>): GivenElsewhere | undefined {
  const machined = sources.find(({ name }) => name === 'machine1');
  if (machined === undefined) return undefined;
  return ({ name }) => machined.registry.get(name)?.class === 'container' && machined.health.state === 'live';
}
