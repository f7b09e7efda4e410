/** Results of jobs that were waited for, `done` if all went well (org.freedesktop.systemd1(5), JobRemoved). */
export class Jobs {
  readonly #waiting = new Set<Waiting>();

  /**
   * Waits for the end of a job that `start` begins. Its end may be told before `start` knows which job it was.
   * @param start gives the job's object path
   * @param patience milliseconds from the beginning of the job
   * @returns the job's result, or `undefined` when it did not end in time or nobody can tell any more
   */
  async run(start: () => Promise<string>, patience: number): Promise<string | undefined> {
    const waiting: Waiting = { ended: new Map(), wake: () => undefined };
    this.#waiting.add(waiting);
    try {
      const job = await start();
      if (waiting.ended.has(job)) return waiting.ended.get(job);
      return await new Promise<string | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), patience);
        waiting.wake = () => {
          if (!waiting.ended.has(job) && !waiting.lost) return;
          clearTimeout(timer);
          resolve(waiting.ended.get(job));
        };
        waiting.wake();
      });
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** A job has ended. */
  ended(job: string, result: string): void {
    for (const waiting of this.#waiting) {
      waiting.ended.set(job, result);
      waiting.wake();
    }
  }

  /** What ends from now on is not heard. */
  lost(): void {
    for (const waiting of this.#waiting) {
      waiting.lost = true;
      waiting.wake();
    }
  }
}

interface Waiting {
  /** All that ended since: only a few, as a job takes no time. */
  readonly ended: Map<string, string>;
  wake: () => void;
  lost?: boolean;
}
