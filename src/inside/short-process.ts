import { type ChildProcess, fork } from 'node:child_process';

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
 * @param program its path, as built; it gets the question as its first message and sends the answer
 */
export function askProcess<Answer>(program: string, question: object): ShortProcess<Answer> {
  let child: ChildProcess;
  try {
    child = fork(program, [], { stdio: 'ignore', execArgv: [] });
  } catch (error) {
    // ENOMEM, which Node tells by no event.
    return { answer: Promise.reject(error), gone: Promise.resolve(), kill() {} };
  }
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('error', reject);
    // Its end may be known before what it has said last; that the channel has ended is known after.
    child.once('disconnect', () => reject(new Error(`${program} ended without an answer`)));
  });
  // It has no channel where there was no descriptor to start it with, which an event is about to tell.
  if (child.connected) child.send(question, () => {});
  return {
    answer,
    gone,
    kill: () => {
      // Of a child that could not be started Node would kill process 0, which is all of our own process group.
      if (child.pid !== undefined) child.kill('SIGKILL');
    },
  };
}
