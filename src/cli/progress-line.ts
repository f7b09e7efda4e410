import { type Progress, progressText } from './progress-text.ts';

/** A line at the end of a terminal that says how far something has got, from its first second on. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #doing: string;
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  #progress: Progress = {};
  #shown = false;

  /** @param doing as in `Copying` */
  constructor(stream: NodeJS.WriteStream, doing: string) {
    this.#stream = stream;
    this.#doing = doing;
    this.#timer = setInterval(() => this.#show(), INTERVAL);
  }

  update(progress: Progress): void {
    this.#progress = { ...this.#progress, ...progress };
  }

  /** Takes the line away. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#shown) this.#stream.write('\r\u001b[K');
  }

  #show(): void {
    const seconds = (performance.now() - this.#begun) / 1000;
    if (seconds < 1) return;
    this.#shown = true;
    const text = progressText(this.#doing, this.#progress, seconds);
    // A line that is too long would be two, of which only one is written over.
    this.#stream.write(`\r${text.slice(0, (this.#stream.columns || USUAL_COLUMNS) - 1)}\u001b[K`);
  }
}

/** Of a terminal that does not know its size, and says 0. */
const USUAL_COLUMNS = 80;
/** Milliseconds. */
const INTERVAL = 250;
