import { setPriority } from 'node:os';
import { failedWith } from '../../linux/error-number.ts';
import { doJob } from '../../programs/job-program.ts';
import { WANTED } from '../../programs/standard-input.ts';
import { failureOf } from './change-error.ts';
import { cloneImage } from './clone.ts';
import { CopyTrees } from './copy-tree.ts';
import { Host } from './host.ts';
import type { ChangeJob, ChangeReport } from './job.ts';
import { setLimit, setPoolLimit } from './limits.ts';
import { markReadOnly } from './read-only.ts';
import { removeImage } from './remove.ts';
import { renameImage } from './rename.ts';
import { sweep } from './temporary.ts';

/**
 * The program of a process of its own (run-change.ts), which makes one change to images and ends: that can take long,
 * and on a file system that does not answer for ever. When nobody wants it any more a copy is given up; whatever else is
 * begun is done.
 */
function change(job: ChangeJob, tell: (report: ChangeReport) => void): ChangeReport {
  const host = new Host(job.root);
  switch (job.kind) {
    case 'clone':
      setPriority(LOWEST);
      cloneImage(host, job.image, job.newName, job.readOnly, new CopyTrees(WANTED));
      break;
    case 'rename':
      renameImage(host, job.image, job.newName);
      break;
    case 'remove':
      setPriority(LOWEST);
      removeImage(host, job.image);
      break;
    case 'clean':
      setPriority(LOWEST);
      for (const image of job.images) if (removeUnused(host, image)) tell({ removed: image.name });
      break;
    case 'mark-read-only':
      markReadOnly(host, job.image, job.readOnly);
      break;
    case 'set-limit':
      setLimit(host, job.image, job.limit === null ? undefined : BigInt(job.limit));
      break;
    case 'set-pool-limit':
      setPoolLimit(host, job.limit === null ? undefined : BigInt(job.limit));
      break;
    case 'sweep':
      setPriority(LOWEST);
      sweep(host);
      break;
  }
  return { done: true };
}

/** False for one that is in use, or gone already. */
function removeUnused(host: Host, image: Parameters<typeof removeImage>[1]): boolean {
  try {
    removeImage(host, image);
    return true;
  } catch (error) {
    if (failedWith(error, 'EBUSY', 'ENOENT')) return false;
    const failure = failureOf(error);
    throw Object.assign(new Error(`Failed to remove image '${image.name}': ${failure.text}`), { errno: failure.errno });
  }
}

const LOWEST = 19;

doJob(change, failureOf);
