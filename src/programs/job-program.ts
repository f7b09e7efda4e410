import { hear, say } from './standard-input.ts';

/** Why a job came to nothing. */
export interface JobFailure {
  /** Positive, as errno(3) has it, and its name. */
  readonly errno: number;
  readonly errnoName: string;
  /** In the words of strerror(3), and what it is about, as far as that is known: `No space left on device: /srv/x`. */
  readonly text: string;
}

/**
 * A text with names of files in it that others have chosen, for whoever reads it on a terminal: characters that nobody
 * sees, or that a terminal obeys, by their numbers, as in `\u{1b}`.
 */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * What a program does that is a process of its own for one job (run-job.ts). It is told what to do by a line of JSON, and
 * tells how it goes by such lines. Files are made with no umask(2).
 * @param act does the job; what it returns is told last
 * @param failed what is told instead when it throws
 */
export function doJob<Job, Report extends object>(
  act: (job: Job, tell: (report: Report) => void) => Report,
  failed: (error: unknown) => Report,
): void {
  process.umask(0);
  const job = hear();
  if (job === undefined) return;
  let last: Report;
  try {
    last = act(JSON.parse(job) as Job, tell);
  } catch (error) {
    last = failed(error);
  }
  tell(last);
}

function tell(report: object): void {
  try {
    say(JSON.stringify(report));
  } catch {
    // Nobody is there any more, of which standard input tells too.
  }
}
