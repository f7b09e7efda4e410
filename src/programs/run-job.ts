import { constants } from 'node:os';
import type { ProcessEnd } from '../linux/wait.ts';
import { type Program, RunningProgram } from './running-program.ts';

/** Milliseconds for taking away what was begun. A process that is stuck in a file system may need to be killed. */
const GRACE = 10_000;

/** What a job is, and who follows it. */
export interface JobRun<Job extends object, Report extends object> {
  /** One that does such jobs (job-program.ts). */
  readonly program: Program;
  readonly job: Job;
  /** Aborted when nobody wants it any more: the process takes away what it has begun, and ends as one that failed. */
  readonly left?: AbortSignal | undefined;
  onReport(report: Report): void;
}

/**
 * Has a process of its own do a job, and waits for its end.
 * @returns what ended it: `status 0`, or the name of a signal
 * @throws SystemError where there is no memory or descriptor for a process
 */
export async function runJob<Job extends object, Report extends object>(run: JobRun<Job, Report>): Promise<string> {
  const { program, job, left } = run;
  let killer: NodeJS.Timeout | undefined;
  let leave = (): void => {};
  try {
    const end = await new Promise<ProcessEnd | Error>((resolve) => {
      const running = new RunningProgram(program, {
        onLine: (text) => run.onReport(JSON.parse(text) as Report),
        onEnd: resolve,
      });
      running.send(JSON.stringify(job));
      leave = () => {
        running.endInput();
        killer ??= setTimeout(() => running.kill(), GRACE).unref();
      };
      left?.addEventListener('abort', leave);
      if (left?.aborted) leave();
    });
    if (end instanceof Error) throw end;
    return 'status' in end ? `status ${end.status}` : signalName(end.signal);
  } finally {
    clearTimeout(killer);
    left?.removeEventListener('abort', leave);
  }
}

function signalName(signal: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return found?.[0] ?? `signal ${signal}`;
}
