import { MachineError, SystemFailure } from '../../machine/errors.ts';
import { runJob } from '../../programs/run-job.ts';
import type { Program } from '../../programs/running-program.ts';
import type { ChangeFailure, ChangeJob, ChangeReport } from './job.ts';

/**
 * Has a process make a change (program.ts), and waits for its end.
 * @param left aborted when nobody wants it any more: then a copy ends as one that failed
 * @returns the images that were removed by name, where it says of each
 * @throws SystemFailure, MachineError `not-supported`; {@link EarlyEnd} when something may be left of it
 */
export async function runChange(program: Program, job: ChangeJob, left?: AbortSignal): Promise<string[]> {
  const removed: string[] = [];
  let failure: ChangeFailure | undefined;
  let done = false;
  const end = await runJob<ChangeJob, ChangeReport>({
    program,
    job,
    left,
    onReport(report) {
      if ('removed' in report) removed.push(report.removed);
      else if ('done' in report) done = true;
      else failure = report;
    },
  });
  if (done) return removed;
  throw failure === undefined ? new EarlyEnd(end) : errorOf(failure);
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
