import { type IdMap, toHost, toMachine } from '../../machine/id-map.ts';
import { CopyError } from './copy-error.ts';
import type { CopyJob } from './job.ts';

/** How the owners of files change on their way, as the host numbers them; undefined: the other side has no such one. */
export interface Owners {
  user(uid: number): number | undefined;
  group(gid: number): number | undefined;
  /** Who gets the files of those that nobody on the other side is, and as whom files are made there. */
  readonly root: { readonly uid: number; readonly gid: number };
  /** Whether root of the other side could do what it likes with files of these owners there; absent: with all. */
  mayBeTheirs?(uid: number, gid: number): boolean;
  /**
   * Nobody gets a right by what is copied: no file runs as somebody else, and devices are for root alone.
   */
  readonly grantsNothing?: boolean;
  /** All extended attributes are kept, rights that the file has on the host too: it stays on one side. */
  readonly keepsRights?: boolean;
}

/**
 * The user 33 of the host is the user 33 of the machine, by its id map, and the other way round. Whoever is not in the
 * map is root on the other side, as everybody is with systemd-machined. What a user's own daemon copies is the user's:
 * it can be given to nobody else.
 * @param own who copies
 * @throws CopyError EOVERFLOW for a machine whose root has no number on the host
 */
export function ownersOf({ direction, idMaps }: Pick<CopyJob, 'direction' | 'idMaps'>, own: Owners['root']): Owners {
  if (own.uid !== 0) return { user: nobody, group: nobody, root: own, grantsNothing: true };
  if (idMaps === undefined) return { user: same, group: same, root: { uid: 0, gid: 0 } };
  const { users, groups } = idMaps;
  if (direction === 'from') {
    return {
      user: (uid) => toMachine(users, uid),
      group: (gid) => toMachine(groups, gid),
      root: { uid: 0, gid: 0 },
      // Root of the machine is not root here, and can have any file there, devices too in a file system that it serves.
      grantsNothing: true,
    };
  }
  return {
    user: (uid) => toHost(users, uid),
    group: (gid) => toHost(groups, gid),
    root: { uid: rootOf(users), gid: rootOf(groups) },
    mayBeTheirs: (uid, gid) => toMachine(users, uid) !== undefined && toMachine(groups, gid) !== undefined,
  };
}

function same(id: number): number {
  return id;
}

function nobody(): undefined {}

function rootOf(map: IdMap): number {
  const id = toHost(map, 0);
  if (id === undefined) throw new CopyError('EOVERFLOW', 'the root user or group of the machine');
  return id;
}
