import { readSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { failedWith, failureOf } from './change-error.ts';
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
 * The program of a process of its own (change-process.ts), which makes one change to images and ends: that can take long,
 * and on a file system that does not answer for ever. It is told what to do by a line on its standard input, whose end
 * says that nobody wants it any more: then a copy is given up. Whatever else is begun is done.
 */
function main(): void {
  process.umask(0);
  try {
    const job = JSON.parse(readLine(INPUT)) as ChangeJob;
    change(new Host(job.root), job);
    tell({ done: true });
  } catch (error) {
    tell(failureOf(error));
  }
}

function change(host: Host, job: ChangeJob): void {
  switch (job.kind) {
    case 'clone':
      setPriority(LOWEST);
      cloneImage(host, job.image, job.newName, job.readOnly, new CopyTrees(INPUT));
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

function tell(report: ChangeReport): void {
  try {
    writeSync(OUTPUT, `${JSON.stringify(report)}\n`);
  } catch {
    // Nobody is there any more.
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
const LOWEST = 19;

main();
