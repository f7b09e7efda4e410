/**
 * @private Time in whole ticks, from one timer that exists only while somebody uses the clock and never keeps the
 * process alive: reading it costs nothing, which thousands of deadlines of their own would not.
 */
export class Clock {
  /** Ticks since the clock was made, while it ran. */
  now = 0;
  readonly #interval: number;
  readonly #tick: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `interval` is the length of a tick in milliseconds. */
  constructor(interval: number, tick: () => void) {
    this.#interval = interval;
    this.#tick = tick;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.now++;
      this.#tick();
    }, this.#interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
