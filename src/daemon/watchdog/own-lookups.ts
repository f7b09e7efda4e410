import type { RuntimePaths } from '../../machine/runtime-directory.ts';
import type { OwnLookup } from './own-lookup.ts';

/**
 * One lookup for each Varlink socket that there is, of the kind that clients make there. None of them depends on what is
 * registered, and none takes more work with more machines.
 * @param hook whether systemd-resolved is answered, too
 */
export function ownLookups(paths: RuntimePaths, hook: boolean): readonly OwnLookup[] {
  const machine: OwnLookup = {
    socket: paths.machineSocket,
    method: 'io.systemd.Machine.List',
    parameters: { name: '.host' },
  };
  const user: OwnLookup = {
    socket: paths.userdbSocket,
    method: 'io.systemd.UserDatabase.GetUserRecord',
    // The host's root is in no machine.
    parameters: { uid: 0, service: paths.service },
    error: 'io.systemd.UserDatabase.NoRecordFound',
  };
  const name: OwnLookup = {
    socket: paths.hookSocket,
    method: 'io.systemd.Resolve.Hook.ResolveRecord',
    // RFC 6761: there is no such name anywhere.
    parameters: { question: [{ key: { class: 1, type: 1, name: 'mymachines.invalid' } }] },
  };
  return hook ? [machine, user, name] : [machine, user];
}
