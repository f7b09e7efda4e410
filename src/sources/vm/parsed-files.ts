import { join } from 'node:path';
import { WatchedFiles } from '../../linux/watched-files.ts';
import type { Parsed } from './lease.ts';

/** Which files, how they are read, and who hears of them. */
export interface ParsedFilesOptions<Entry> {
  readonly directory: string;
  wanted(name: string): boolean;
  /** @throws SyntaxError: nothing in it makes sense */
  parse(text: string): Parsed<Entry>;
  /** What is in the files is different. */
  changed(): void;
  /** An entry or a file makes no sense, or cannot be read. Told once. */
  problem(error: Error): void;
}

/** The entries of a directory's files, as others write them. What makes no sense in them costs only itself. */
export class ParsedFiles<Entry> {
  readonly #options: ParsedFilesOptions<Entry>;
  readonly #files: WatchedFiles;
  readonly #entries = new Map<string, readonly Entry[]>();
  /** What was told of each file, as long as it is so. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(options: ParsedFilesOptions<Entry>) {
    this.#options = options;
    const { directory, wanted, problem } = options;
    this.#files = new WatchedFiles({ directory, wanted, problem, changed: (name, text) => this.#take(name, text) });
  }

  /** The entries of a file; none where there is no such file. */
  of(name: string): readonly Entry[] {
    return this.#entries.get(name) ?? [];
  }

  /** The entries of all files. */
  *all(): Iterable<Entry> {
    for (const entries of this.#entries.values()) yield* entries;
  }

  close(): void {
    this.#files.close();
  }

  #take(name: string, text: string | undefined): void {
    if (text === undefined) {
      this.#told.delete(name);
      if (this.#entries.delete(name)) this.#options.changed();
      return;
    }
    const { entries, problems } = this.#parse(text);
    this.#tell(name, problems);
    this.#entries.set(name, entries);
    this.#options.changed();
  }

  #parse(text: string): Parsed<Entry> {
    try {
      return this.#options.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { entries: [], problems: [error.message] };
    }
  }

  #tell(name: string, problems: readonly string[]): void {
    const before = this.#told.get(name);
    const all = new Set(problems.slice(0, MAXIMUM_PROBLEMS));
    if (problems.length > MAXIMUM_PROBLEMS) all.add('and more like these');
    this.#told.set(name, all);
    for (const problem of all) {
      if (before?.has(problem) !== true) {
        this.#options.problem(new Error(`${join(this.#options.directory, name)}: ${problem}`));
      }
    }
  }
}

// Of one file.
const MAXIMUM_PROBLEMS = 8;
