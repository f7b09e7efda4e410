import { readyToRead } from '../../linux/files/ready.ts';
import type { CopyProgress } from '../../machine/inside-operations.ts';
import { CopyError } from './copy-error.ts';

/** Milliseconds between two reports of progress. */
const INTERVAL = 200;

/** Looks between any two steps of a copy whether it is still wanted, and counts how far it has got. */
export class Watch {
  readonly #end: number;
  readonly #leader: number;
  readonly #tell: (progress: CopyProgress) => void;
  #bytes = 0;
  #files = 0;
  #toldAt = performance.now();

  /**
   * @param end a descriptor that comes to its end when nobody wants the copy any more
   * @param leader a pidfd
   * @param tell hears of progress now and then
   */
  constructor(end: number, leader: number, tell: (progress: CopyProgress) => void) {
    this.#end = end;
    this.#leader = leader;
    this.#tell = tell;
  }

  get progress(): CopyProgress {
    return { bytes: this.#bytes, files: this.#files };
  }

  /** Throws a {@link CopyError}: ECANCELED, and ESRCH when the machine has ended. */
  check(): void {
    this.#look([this.#end, this.#leader], false);
  }

  /** Waits until a descriptor can be read from, or throws as {@link check}. */
  untilReadable(descriptor: number): void {
    this.#look([this.#end, this.#leader, descriptor], true);
  }

  copied(bytes: number): void {
    this.#bytes += bytes;
    this.#report();
  }

  made(): void {
    this.#files++;
    this.#report();
  }

  #look(descriptors: readonly number[], wait: boolean): void {
    const ready = readyToRead(descriptors, wait);
    if (ready.includes(this.#end)) throw new CopyError('ECANCELED');
    if (ready.includes(this.#leader)) throw new CopyError('ESRCH');
  }

  #report(): void {
    const now = performance.now();
    if (now - this.#toldAt < INTERVAL) return;
    this.#toldAt = now;
    this.#tell(this.progress);
  }
}
