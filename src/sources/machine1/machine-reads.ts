import type { MachineName } from '../../machine/machine-name.ts';

/**
 * Questions about machines, one for each at a time and no more than a few at once. An answer counts only when nothing
 * was heard of the machine since it was asked for: who hears of it asks again, or says that it has gone.
 */
export class MachineReads<Answer> {
  readonly #ask: (name: MachineName) => Promise<Answer>;
  readonly #answered: (name: MachineName, answer: Answer) => void;
  readonly #failed: (name: MachineName, error: Error) => void;
  readonly #waiting = new Set<MachineName>();
  /** The question that counts, of several that may be on their way. */
  readonly #asking = new Map<MachineName, object>();
  #running = 0;

  /** @param failed the question is not asked again by itself */
  constructor(
    ask: (name: MachineName) => Promise<Answer>,
    answered: (name: MachineName, answer: Answer) => void,
    failed: (name: MachineName, error: Error) => void,
  ) {
    this.#ask = ask;
    this.#answered = answered;
    this.#failed = failed;
  }

  /** Whether there is nothing left to ask and nothing to wait for. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#asking.size === 0;
  }

  /** Asks, or asks again. */
  request(name: MachineName): void {
    this.forget(name);
    this.#waiting.add(name);
    this.#next();
  }

  /** An answer is not wanted any more. */
  forget(name: MachineName): void {
    this.#waiting.delete(name);
    this.#asking.delete(name);
  }

  clear(): void {
    this.#waiting.clear();
    this.#asking.clear();
  }

  #next(): void {
    for (const name of this.#waiting) {
      if (this.#running >= AT_ONCE) return;
      this.#waiting.delete(name);
      void this.#run(name);
    }
  }

  async #run(name: MachineName): Promise<void> {
    const question = {};
    this.#asking.set(name, question);
    this.#running += 1;
    let told = (): void => {};
    try {
      const answer = await this.#ask(name);
      told = () => this.#answered(name, answer);
    } catch (error) {
      told = () => this.#failed(name, error as Error);
    }
    this.#running -= 1;
    this.#next();
    if (this.#asking.get(name) !== question) return;
    this.#asking.delete(name);
    told();
  }
}

/** systemd-machined answers one after the other; others want answers of it, too. */
const AT_ONCE = 16;
