import { Process } from '../../linux/process.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { parseAssignments } from '../../machine/env-file.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';

/** A question to the process that this file is the program of. */
export interface OsReleaseQuestion {
  readonly id: number;
  readonly leader: ProcessIdentity;
}

/** Its answer: what the file says, or none where there is no such file. */
export interface OsReleaseAnswer {
  readonly id: number;
  readonly fields?: readonly string[];
}

/**
 * The program of a process of its own, started by os-release.ts: a container's root can be a file system that its owner
 * answers for, or does not, and whoever reads there may wait for ever.
 */
process.on('message', (question: OsReleaseQuestion) => {
  const fields = readOsRelease(question.leader);
  const answer: OsReleaseAnswer = { id: question.id, ...(fields !== undefined && { fields }) };
  process.send?.(answer);
});

/** os-release(5): the first of the two that is there. */
const paths = ['/etc/os-release', '/usr/lib/os-release'];
const maximumSize = 64 * 1024;

function readOsRelease({ pid, pidfdId }: ProcessIdentity): readonly string[] | undefined {
  let leader: Process | undefined;
  let root: RootDirectory | undefined;
  try {
    leader = Process.open(pid);
    if (leader.id !== pidfdId) return undefined;
    root = RootDirectory.ofProcess(leader);
    for (const path of paths) {
      const text = readIfThere(root, path);
      if (text !== undefined) return [...parseAssignments(text)].map(([key, value]) => `${key}=${value}`);
    }
    return undefined;
  } catch {
    // The leader has ended, or is not for us to look into.
    return undefined;
  } finally {
    root?.close();
    leader?.close();
  }
}

function readIfThere(root: RootDirectory, path: string): string | undefined {
  try {
    return root.readFile(path, maximumSize).toString('utf8');
  } catch {
    return undefined;
  }
}
