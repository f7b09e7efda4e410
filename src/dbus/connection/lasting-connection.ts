import { Bus } from './bus.ts';
import type { BusOptions } from './bus-options.ts';

/** What a lasting connection is for. */
export interface LastingConnectionOptions extends BusOptions {
  /**
   * There is a connection, maybe not the first. When this is rejected the connection is given up, and another is tried.
   */
  readonly enter: (bus: Bus) => Promise<void>;
  /** A connection that was entered is over. Another is tried already; nothing that is told may throw. */
  readonly onLost?: (reason: Error) => void;
  /** Why there is no connection at the moment: each reason once until it is another, or until {@link settled}. */
  readonly onProblem?: (reason: Error) => void;
}

/**
 * A connection to a bus that comes and goes. One that is not there is waited for; when it goes, it is looked for again:
 * at once, then less and less often, but every second.
 */
export class LastingConnection {
  readonly #options: LastingConnectionOptions;
  #bus: Bus | undefined;
  #closed = false;
  #delay = FIRST_DELAY;
  #problem = '';
  #stopWaiting: () => void = () => {};

  constructor(options: LastingConnectionOptions) {
    this.#options = options;
  }

  /** The connection, while there is one, also before it has been entered. */
  get bus(): Bus | undefined {
    return this.#bus;
  }

  /**
   * Connects, and goes on by itself from then on. Fulfilled when the first attempt has come to something or to nothing.
   * @param isFatal which failure of the first attempt is the last: the connection is closed then and this is rejected
   */
  async start(isFatal: (error: unknown) => boolean = () => false): Promise<void> {
    let visit: Visit | undefined;
    try {
      visit = await this.#enter();
    } catch (error) {
      if (isFatal(error)) {
        this.close();
        throw error;
      }
      this.tell(error as Error);
    }
    void this.#keep(visit);
  }

  /** Tells why not all is well, unless that was the last that was told. */
  tell(problem: Error): void {
    // What a bus refuses it says with the name that the connection had.
    const text = problem.message.replace(/:\d+\.\d+/g, ':');
    if (this.#closed || text === this.#problem) return;
    this.#problem = text;
    this.#options.onProblem?.(problem);
  }

  /** All is well: the next problem is told whatever it is. */
  settled(): void {
    this.#problem = '';
  }

  /** Leaves the bus for good, when what was sent is out. Nobody is told. */
  close(): void {
    this.#closed = true;
    this.#bus?.close();
    this.#bus = undefined;
    this.#stopWaiting();
  }

  async #keep(first: Visit | undefined): Promise<void> {
    for (let visit = first; ; ) {
      if (visit !== undefined) this.#lost(await visit.over, visit.since);
      await this.#wait();
      if (this.#closed) return;
      try {
        visit = await this.#enter();
      } catch (error) {
        visit = undefined;
        this.tell(error as Error);
      }
    }
  }

  async #enter(): Promise<Visit> {
    const bus = await Bus.connect(this.#options);
    const over = new Promise<Error>((resolve) => bus.onClosed(resolve));
    const since = performance.now();
    try {
      if (this.#closed) throw new Error('closed');
      this.#bus = bus;
      await this.#options.enter(bus);
      return { over, since };
    } catch (error) {
      this.#bus = undefined;
      bus.close();
      throw error;
    }
  }

  #lost(reason: Error, since: number): void {
    if (performance.now() - since >= STEADY) this.#delay = FIRST_DELAY;
    this.#bus = undefined;
    if (!this.#closed) this.#options.onLost?.(reason);
  }

  #wait(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, LAST_DELAY);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      timer.unref();
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A connection that came about. */
interface Visit {
  /** When it is lost, and why. */
  readonly over: Promise<Error>;
  /** Milliseconds of performance.now(): the time of day may be set. */
  readonly since: number;
}

// Milliseconds.
const FIRST_DELAY = 10;
const LAST_DELAY = 1000;
/** A connection that lasted as long is none that the bus ends again and again. */
const STEADY = 1000;
