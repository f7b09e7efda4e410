import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { ChangeFailure, ChangeJob, ChangeReport } from './job.ts';

/** Milliseconds for taking away what was begun. A process that is stuck in a file system may need to be killed. */
const GRACE = 10_000;

/**
 * Has a process make a change (program.ts), and waits for its end.
 * @param left aborted when nobody wants it any more: then a copy ends as one that failed
 * @returns the images that were removed by name, where it says of each
 * @throws SystemFailure, MachineError `not-supported`; {@link EarlyEnd} when something may be left of it
 */
export async function runChange(program: string, job: ChangeJob, left?: AbortSignal): Promise<string[]> {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
  let killer: NodeJS.Timeout | undefined;
  const leave = (): void => {
    child.stdin?.end();
    killer ??= setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
  };
  const removed: string[] = [];
  let failure: ChangeFailure | undefined;
  let done = false;
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => {
        if (done) resolve();
        else reject(failure === undefined ? new EarlyEnd(signal ?? `status ${status}`) : errorOf(failure));
      });
      // Of a process that could not be started there is neither, and it may have ended already: of both there are events.
      if (child.stdout) {
        createInterface({ input: child.stdout }).on('line', (line) => {
          const report = JSON.parse(line) as ChangeReport;
          if ('removed' in report) removed.push(report.removed);
          else if ('done' in report) done = true;
          else failure = report;
        });
      }
      child.stdin?.on('error', () => {});
      child.stdin?.write(`${JSON.stringify(job)}\n`);
      left?.addEventListener('abort', leave);
      if (left?.aborted) leave();
    });
    return removed;
  } finally {
    clearTimeout(killer);
    left?.removeEventListener('abort', leave);
  }
}

/** The process was killed, or ended for a reason of its own. */
export class EarlyEnd extends SystemFailure {
  constructor(reason: string) {
    super(EIO, 'EIO', `the process that changes images ended early (${reason})`);
  }
}

function errorOf({ errno, errnoName, text, notSupported }: ChangeFailure): MachineError {
  return notSupported ? new MachineError('not-supported', text) : new SystemFailure(errno, errnoName, text);
}

const EIO = 5;
