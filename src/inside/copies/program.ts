import { readSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { makeFilesAs } from '../../linux/files/file-user.ts';
import type { CopyProgress } from '../../machine/inside-operations.ts';
import { failureOf } from './copy-error.ts';
import { DirectoryNode } from './directory-node.ts';
import { HardLinks } from './hard-links.ts';
import type { CopyJob, CopyReport } from './job.ts';
import { ownersOf } from './owners.ts';
import { openPlaces } from './places.ts';
import { TreeCopy } from './tree-copy.ts';
import { Watch } from './watch.ts';

/**
 * The program of a process of its own (copy-process.ts), which copies one file or tree and ends: that takes as long as
 * it takes, and in a container's file system for ever. It is told what to do by a line on its standard input, whose end
 * says that nobody wants it any more.
 */
function main(): void {
  // Others first, with the processor and so with the disk (ioprio_set(2)); not so much that a busy host stops it.
  setPriority(LOW);
  process.umask(0);
  try {
    tell({ done: copy(JSON.parse(readLine(INPUT)) as CopyJob) });
  } catch (error) {
    tell(failureOf(error));
  }
}

function copy(job: CopyJob): CopyProgress {
  const owners = ownersOf(job);
  const { source, target, leader } = openPlaces(job);
  const watch = new Watch(INPUT, leader, (progress) => tell({ progress }));
  // Where the file system is the machine's own, nobody else can make files.
  if (owners.root.uid !== 0 || owners.root.gid !== 0) makeFilesAs(owners.root.uid, owners.root.gid);
  const tree = new TreeCopy({ owners, watch, links: new HardLinks() }, job.replace);
  tree.copy(source.directory, source.name, new DirectoryNode(target.directory, target.name), target.name);
  return watch.progress;
}

function tell(report: CopyReport): void {
  try {
    writeSync(OUTPUT, `${JSON.stringify(report)}\n`);
  } catch {
    // Nobody is there any more, of which standard input tells too.
  }
}

function readLine(descriptor: number): string {
  const bytes: number[] = [];
  const byte = Buffer.alloc(1);
  while (readSync(descriptor, byte, 0, 1, null) === 1 && byte[0] !== NEWLINE) bytes.push(byte[0] as number);
  return Buffer.from(bytes).toString();
}

const INPUT = 0;
const OUTPUT = 1;
const NEWLINE = 0x0a;
const LOW = 4;

main();
