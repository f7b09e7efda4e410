import { type Program, RunningProgram } from './running-program.ts';

/** A process that gets one question and gives one answer. */
export interface ShortProcess<Answer> {
  /** Rejected, with a reason for the log, where it ended without one, or could not be started. */
  readonly answer: Promise<Answer>;
  /** When there is no such process any more. */
  readonly gone: Promise<void>;
  /**
   * Kills it. One that waits for a file system that does not answer may only end when that does, whatever signal comes.
   */
  kill(): void;
}

/**
 * Starts a program of ours in a process of its own, for what must not be done in this one, and asks it.
 * @param program hears the question as JSON, and says the answer
 */
export function askProcess<Answer>(program: Program, question: object): ShortProcess<Answer> {
  let onGone = (): void => {};
  const gone = new Promise<void>((resolve) => {
    onGone = resolve;
  });
  let running: RunningProgram | undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    running = new RunningProgram(program, {
      onLine: (text) => resolve(JSON.parse(text) as Answer),
      onEnd: (end) => {
        reject(end instanceof Error ? end : new Error(`${program.path} ended without an answer`));
        onGone();
      },
    });
  });
  running?.send(JSON.stringify(question));
  return { answer, gone, kill: () => running?.kill() };
}
