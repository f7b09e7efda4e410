import { posix } from 'node:path';
import { failedWith } from '../../linux/error-number.ts';
import type { FileName } from '../../linux/files/directory-files.ts';
import { hostRoot } from '../../linux/host-root.ts';
import { Process } from '../../linux/process.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { CopyError } from './copy-error.ts';
import type { CopyJob } from './job.ts';

/** A file that is there, or is to be: by the directory that has it. */
export interface Place {
  /** A descriptor that can be read from. */
  readonly directory: number;
  readonly name: FileName;
}

/** Where a copy is from and where it goes. */
export interface Places {
  readonly source: Place;
  readonly target: Place;
  /** A pidfd of the machine's leader. */
  readonly leader: number;
}

/**
 * Opens the directories of both ends, the machine's below what its leader has as its root, the host's below that of PID
 * 1. Links in the paths are followed, within the root. What is opened stays so until the process ends.
 * @throws SystemError ESRCH when the leader has ended; CopyError EADDRNOTAVAIL for a root itself, ENOENT, ENOTDIR, ELOOP, EACCES
 */
export function openPlaces({ direction, source, destination, leader: identity }: CopyJob): Places {
  for (const path of [source, destination]) if (path === '/') throw new CopyError('EADDRNOTAVAIL', path);
  const leader = Process.openSame(identity);
  const machine = RootDirectory.ofProcess(leader);
  const host = hostRoot();
  const [from, to] = direction === 'from' ? [machine, host] : [host, machine];
  return { source: openPlace(from, source), target: openPlace(to, destination), leader: leader.newPidfd() };
}

function openPlace(root: RootDirectory, path: string): Place {
  const { dir, base } = posix.parse(path);
  for (let attempt = 1; ; attempt++) {
    try {
      const directory = root.open(dir);
      return { directory, name: Buffer.from(base) };
    } catch (error) {
      // Something on the way was renamed just then.
      if (attempt < ATTEMPTS && failedWith(error, 'EAGAIN')) continue;
      throw new CopyError((error as { errno?: number }).errno ?? 'EIO', dir, { cause: error });
    }
  }
}

const ATTEMPTS = 100;
