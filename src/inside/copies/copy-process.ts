import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SystemFailure } from '../../machine/errors.ts';
import type { CopyProgress } from '../../machine/inside-operations.ts';
import type { CopyJob, CopyReport } from './job.ts';

/** Milliseconds for taking away what was begun. A process that is stuck in a file system may need to be killed. */
const GRACE = 10_000;

/** A process that copies (program.ts). It can be called off, and then takes away what it has begun. */
export class CopyProcess {
  readonly #child: ChildProcess;
  /**
   * Fulfilled when all is copied and the process is gone.
   * @throws SystemFailure, in the promise; another error when the process could not be started
   */
  readonly ended: Promise<CopyProgress>;
  #killer: NodeJS.Timeout | undefined;

  /** Throws, or rejects, with an error of node:child_process when there is no memory or descriptor for a process. */
  constructor(program: string, job: CopyJob, onProgress: (progress: CopyProgress) => void) {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      let last: CopyReport | undefined;
      // Of a process that could not be started there is neither.
      if (child.stdout !== null) {
        createInterface({ input: child.stdout }).on('line', (line) => {
          last = JSON.parse(line) as CopyReport;
          if ('progress' in last) onProgress(last.progress);
          else if ('done' in last) onProgress(last.done);
        });
      }
      child.on('error', reject);
      child.on('close', (status, signal) => {
        clearTimeout(this.#killer);
        if (last !== undefined && 'done' in last) resolve(last.done);
        else if (last !== undefined && 'errno' in last) {
          reject(new SystemFailure(last.errno, last.errnoName, last.text));
        } else reject(new SystemFailure(EIO, 'EIO', `the copying process ended early (${signal ?? status})`));
      });
    });
    // It may have ended already, of which there is an event.
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify(job)}\n`);
  }

  /** Nobody wants the copy any more. It ends as one that failed, soon. */
  cancel(): void {
    if (this.#killer !== undefined) return;
    this.#child.stdin?.end();
    this.#killer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE).unref();
  }
}

const EIO = 5;
