import type { FileSystemUser } from '../../linux/file-system-user.ts';
import type { Process } from '../../linux/process.ts';
import { parseIdMap, toHost } from '../../machine/id-map.ts';

/** The users of a machine that has a user namespace of its own, as seen from here. */
export interface LeaderUsers {
  /** Root of it; nobody where it has none. */
  readonly root: FileSystemUser;
  /** Our number for one of its users; undefined where there is none. */
  uid(inside: number): number | undefined;
}

/** Undefined where its users are ours. Throws ESRCH when the leader has ended. */
export function usersOf(leader: Process): LeaderUsers | undefined {
  // Of our own namespace the map tells how it is seen from outside.
  if (leader.sharesNamespace('user')) return undefined;
  const uids = parseIdMap(leader.readFile('uid_map'));
  const gids = parseIdMap(leader.readFile('gid_map'));
  return {
    root: { uid: toHost(uids, 0) ?? NOBODY, gid: toHost(gids, 0) ?? NOBODY },
    uid: (inside) => toHost(uids, inside),
  };
}

/** Who owns what no number of a namespace is for (user_namespaces(7)). */
const NOBODY = 65534;
