import { MachineError } from '../../machine/errors.ts';
import type { WaitingCaller } from '../inside.ts';

/** How many there may be. */
export interface OpeningLimits {
  /** Under way at one time; others wait for their turn. */
  readonly atOnce: number;
  /** Under way and waiting, of one user and in all. */
  readonly ofUser: number;
  readonly inAll: number;
}

const DEFAULTS: OpeningLimits = { atOnce: 16, ofUser: 64, inAll: 256 };

/**
 * Opens terminals a few at a time: each takes descriptors, a process, and time of a machine that may take its own. One
 * user cannot use up what all have.
 */
export class Openings {
  readonly #limits: OpeningLimits;
  readonly #waiting = new Set<() => void>();
  readonly #ofUser = new Map<number, number>();
  #count = 0;
  #running = 0;

  constructor(limits: OpeningLimits = DEFAULTS) {
    this.#limits = limits;
  }

  /**
   * Does it when it is its turn; not at all when the caller has left by then.
   * @throws MachineError `too-many-operations`, and what `open` throws
   */
  async run<T>(caller: WaitingCaller, open: () => Promise<T>): Promise<T> {
    const { uid } = caller;
    const own = this.#ofUser.get(uid) ?? 0;
    if (own >= this.#limits.ofUser || this.#count >= this.#limits.inAll) {
      throw new MachineError('too-many-operations', 'too many terminals are being opened');
    }
    this.#count++;
    this.#ofUser.set(uid, own + 1);
    try {
      await this.#turn(caller);
      try {
        return await open();
      } finally {
        this.#running--;
        const [next] = this.#waiting;
        next?.();
      }
    } finally {
      this.#count--;
      const left = (this.#ofUser.get(uid) as number) - 1;
      if (left > 0) this.#ofUser.set(uid, left);
      else this.#ofUser.delete(uid);
    }
  }

  /** Fulfilled when it has one of the places of those that are under way. */
  async #turn({ left }: WaitingCaller): Promise<void> {
    const gone = (): MachineError => new MachineError('not-available', 'nobody waits for it any more');
    if (left?.aborted === true) throw gone();
    if (this.#running < this.#limits.atOnce) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.delete(go);
        left?.removeEventListener('abort', leave);
      };
      const leave = (): void => {
        stop();
        reject(gone());
      };
      const go = (): void => {
        stop();
        // The place is taken before anybody else can see that it is free.
        this.#running++;
        resolve();
      };
      this.#waiting.add(go);
      left?.addEventListener('abort', leave);
    });
  }
}
