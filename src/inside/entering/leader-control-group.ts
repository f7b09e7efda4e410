import { openSync } from 'node:fs';
import { readControlGroup } from '../../linux/control-group.ts';
import { membershipFile } from '../../linux/control-group-processes.ts';
import { SystemError } from '../../linux/libc.ts';
import { Process } from '../../linux/process.ts';

/** What tells that the control group could not be had, in the place of a system call's name. */
const SEARCH = 'looking for the control group of its leader';

/**
 * The file into which a process writes its number to be in the leader's control group, open, which the taker closes.
 * Where systemd uses version 2 that binds the process as it does the leader. Where it uses version 1 only the hierarchy
 * that systemd keeps is joined (`name=systemd`), so that the process ends with its unit; those of the controllers are
 * not, and what limits the machine by them does not limit the process.
 * @returns undefined where there are no control groups, and where the leader's is our own
 * @throws SystemError where it cannot be found (ENODEV) or opened, as one of the machine's would stay in ours then;
 * ESRCH when the leader has ended
 */
export function openControlGroup(leader: Process): number | undefined {
  const path = readControlGroup(leader);
  if (path === undefined || path === ownControlGroup()) return undefined;
  return openMembership(path);
}

/** @param path of a control group that is not our own. As {@link openControlGroup}. */
export function openMembership(path: string): number {
  const file = membershipFile(path);
  if (file === undefined) throw new SystemError(ENODEV, SEARCH, path);
  try {
    return openSync(file, 'w');
  } catch (error) {
    const { code, errno = ENODEV } = error as NodeJS.ErrnoException;
    // It was removed just then; ENOENT would be that the program is not there.
    throw new SystemError(code === 'ENOENT' ? ENODEV : Math.abs(errno), SEARCH, path);
  }
}

function ownControlGroup(): string | undefined {
  const self = Process.open(process.pid);
  try {
    return readControlGroup(self);
  } finally {
    self.close();
  }
}

const ENODEV = 19;
