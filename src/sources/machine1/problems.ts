/** What is wrong with machines, each thing once until the machine has gone. */
export class Problems {
  readonly #tell: (error: Error) => void;
  readonly #told = new Map<string, Set<string>>();

  constructor(tell: (error: Error) => void) {
    this.#tell = tell;
  }

  /** @param subject the machine, or what else it is that it is wrong with */
  report(subject: string, error: Error): void {
    const told = this.#told.get(subject) ?? new Set();
    if (told.has(error.message)) return;
    // Whoever makes up ever new ones is told of again sooner than kept.
    if (told.size >= MAXIMUM) told.clear();
    if (this.#told.size >= MAXIMUM && told.size === 0) this.#told.clear();
    this.#told.set(subject, told.add(error.message));
    this.#tell(error);
  }

  /** The machine has gone. */
  forget(subject: string): void {
    this.#told.delete(subject);
  }

  /** There are these machines and no others, and what else was wrong may be told again. */
  keepOnly(subjects: ReadonlySet<string>): void {
    for (const subject of this.#told.keys()) if (!subjects.has(subject)) this.#told.delete(subject);
  }
}

/** Of subjects, and of what is wrong with one. */
const MAXIMUM = 1000;
