import { getPriority, setPriority } from 'node:os';
import { makeFilesAs } from '../../linux/files/file-user.ts';
import { doJob } from '../../programs/job-program.ts';
import { WANTED } from '../../programs/standard-input.ts';
import { failureOf } from './copy-error.ts';
import { DirectoryNode } from './directory-node.ts';
import { HardLinks } from './hard-links.ts';
import type { CopyJob, CopyReport } from './job.ts';
import { ownersOf } from './owners.ts';
import { openPlaces } from './places.ts';
import { TreeCopy } from './tree-copy.ts';
import { Watch } from './watch.ts';

/**
 * The program of a process of its own (run-copy.ts), which copies one file or tree and ends: that takes as long as it
 * takes, and in a container's file system for ever.
 */
function main(): void {
  // Others first, with the processor and so with the disk (ioprio_set(2)); not so much that a busy host stops it.
  // A service that is lower already may not come up to it (CAP_SYS_NICE).
  setPriority(Math.max(LOW, getPriority()));
  doJob(copy, failureOf);
}

function copy(job: CopyJob, tell: (report: CopyReport) => void): CopyReport {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const owners = ownersOf(job, own);
  const { source, target, leader } = openPlaces(job);
  const watch = new Watch(WANTED, leader, (progress) => tell({ progress }));
  // Where the file system is the machine's own, nobody else can make files.
  if (owners.root.uid !== own.uid || owners.root.gid !== own.gid) makeFilesAs(owners.root.uid, owners.root.gid);
  const tree = new TreeCopy({ owners, watch, links: new HardLinks() }, job.replace);
  tree.copy(source.directory, source.name, new DirectoryNode(target.directory, target.name), target.name);
  return { done: watch.progress };
}

const LOW = 4;

main();
