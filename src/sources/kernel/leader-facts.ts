import { statSync } from 'node:fs';
import { belowRoot, readControlGroup, rootOfManager } from '../../linux/control-group.ts';
import { systemUnitOf, userUnitOf } from '../../linux/control-group-unit.ts';
import { readProcFile } from '../../linux/proc-file.ts';
import { ownNamespaceId, Process } from '../../linux/process.ts';
import { type IdMap, parseIdMap } from '../../machine/id-map.ts';

/** The ids that a leader's user namespace maps. */
export interface LeaderIds {
  readonly uidMap: IdMap;
  readonly gidMap: IdMap;
  readonly sharesHostUsers: boolean;
}

/**
 * @throws SystemError ESRCH when the leader has ended, EACCES where it is not for us to see; SyntaxError for no id map.
 */
export function readLeaderIds(leader: Process): LeaderIds {
  const { uidMap, gidMap, sharesHostUsers } = leader.inspect((directory) => {
    const uids = readProcFile(`${directory}/uid_map`);
    return {
      uidMap: uids,
      gidMap: readProcFile(`${directory}/gid_map`),
      // With another map it is another namespace: each has one for good, once it has been written.
      sharesHostUsers: uids === ownUidMap() && statSync(`${directory}/ns/user`).ino === ownNamespaceId('user'),
    };
  });
  return { uidMap: parseIdMap(uidMap), gidMap: parseIdMap(gidMap), sharesHostUsers };
}

let ownMap = '';

/** Of our own user namespace, as we see it; nothing as long as it has not been written. */
function ownUidMap(): string {
  if (ownMap === '') ownMap = readProcFile('/proc/self/uid_map');
  return ownMap;
}

/** The systemd unit that a process is in, and the control group below that of the unit. */
export interface LeaderUnit {
  readonly unit?: string;
  readonly subgroup?: string;
}

/**
 * Nothing where no systemd has put the process anywhere.
 * @param managerUid whose service manager's units count: 0 is the system's
 * @throws SystemError ESRCH
 */
export function readLeaderUnit(leader: Process, managerUid: number): LeaderUnit {
  const path = readControlGroup(leader);
  if (path === undefined) return {};
  const unitOf = managerUid === 0 ? systemUnitOf : userUnitOf;
  const found = unitOf(belowRoot(path, managerRoot()));
  if (found === undefined) return {};
  return { unit: found.unit, ...(found.subgroup !== undefined && { subgroup: found.subgroup }) };
}

let root: string | undefined;

/** The control group below which systemd keeps its units; it is where PID 1 is, and stays there until the next boot. */
function managerRoot(): string {
  if (root !== undefined) return root;
  const init = Process.open(1);
  try {
    root = rootOfManager(readControlGroup(init) ?? '/');
    return root;
  } finally {
    init.close();
  }
}
