import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Milliseconds for taking away what was begun. A process that is stuck in a file system may need to be killed. */
const GRACE = 10_000;

/** What a job is, and who follows it. */
export interface JobRun<Job extends object, Report extends object> {
  /** What the process runs, as built: a program that does such jobs (job-program.ts). */
  readonly program: string;
  readonly job: Job;
  /** Aborted when nobody wants it any more: the process takes away what it has begun, and ends as one that failed. */
  readonly left?: AbortSignal | undefined;
  onReport(report: Report): void;
}

/**
 * Has a process of its own do a job, and waits for its end.
 * @returns what ended it: `status 0`, or the name of a signal
 * @throws errors of node:child_process where there is no memory or descriptor for a process
 */
export async function runJob<Job extends object, Report extends object>(run: JobRun<Job, Report>): Promise<string> {
  const { program, job, left } = run;
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
  let killer: NodeJS.Timeout | undefined;
  const leave = (): void => {
    child.stdin?.end();
    killer ??= setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
  };
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => resolve(signal ?? `status ${status}`));
      // Of a process that could not be started there is neither, and it may have ended already: of both there are events.
      if (child.stdout) onLine(child.stdout, (line) => run.onReport(JSON.parse(line) as Report));
      child.stdin?.on('error', () => {});
      child.stdin?.write(`${JSON.stringify(job)}\n`);
      left?.addEventListener('abort', leave);
      if (left?.aborted) leave();
    });
  } finally {
    clearTimeout(killer);
    left?.removeEventListener('abort', leave);
  }
}

/** Not by node:readline, which takes other characters than this for the end of a line, too: JSON may have those. */
function onLine(input: Readable, take: (line: string) => void): void {
  let rest = '';
  input.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
