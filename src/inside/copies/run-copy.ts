import { SystemFailure } from '../../machine/errors.ts';
import type { CopyProgress } from '../../machine/inside-operations.ts';
import type { JobFailure } from '../../programs/job-program.ts';
import { runJob } from '../../programs/run-job.ts';
import type { Program } from '../../programs/running-program.ts';
import type { CopyJob, CopyReport } from './job.ts';

/**
 * Has a process copy (program.ts), and waits for its end.
 * @param left aborted when nobody wants the copy any more: then it ends as one that failed, soon
 * @throws SystemFailure; SystemError when the process could not be started
 */
export async function runCopy(
  program: Program,
  job: CopyJob,
  left: AbortSignal,
  onProgress: (progress: CopyProgress) => void,
): Promise<void> {
  let done = false;
  let failure: JobFailure | undefined;
  const end = await runJob<CopyJob, CopyReport>({
    program,
    job,
    left,
    onReport(report) {
      if ('progress' in report) onProgress(report.progress);
      else if ('done' in report) {
        done = true;
        onProgress(report.done);
      } else failure = report;
    },
  });
  if (done) return;
  if (failure === undefined) throw new SystemFailure(EIO, 'EIO', `the copying process ended early (${end})`);
  throw new SystemFailure(failure.errno, failure.errnoName, failure.text);
}

const EIO = 5;
