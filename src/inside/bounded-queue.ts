import { MachineError } from '../machine/errors.ts';
import type { WaitingCaller } from '../machine/operations.ts';

/** How many there may be. */
export interface QueueLimits {
  /** Under way at one time; others wait for their turn. */
  readonly atOnce: number;
  /** Of these, of users who are not root, so that root has a place also while theirs do not end; all of them unless given. */
  readonly atOnceOfUsers?: number;
  /** Under way and waiting, of one user and in all. Root has always a place, and takes nobody else's. */
  readonly ofUser: number;
  readonly inAll: number;
}

/**
 * Does what takes long a few at a time: of what waits, first that of the user who has least under way, and of that what
 * was asked for first. So one user cannot use up what all have, nor have all wait until theirs is done; and who has left
 * is waited for by nobody.
 */
export class BoundedQueue {
  readonly #limits: QueueLimits;
  readonly #refusal: () => MachineError;
  readonly #waiting = new Set<Waiting>();
  /** Under way and waiting, without root. */
  readonly #ofUser = new Map<number, number>();
  #count = 0;
  /** Whose those are that are under way. */
  readonly #running: number[] = [];

  /** @param refusal what those are told that are too many */
  constructor(limits: QueueLimits, refusal: () => MachineError) {
    this.#limits = limits;
    this.#refusal = refusal;
  }

  /**
   * Does it when it is its turn; not at all when the caller has left by then. Whether it has is only asked of who has
   * to wait: over D-Bus that costs several messages.
   * @throws MachineError `not-available` for who has left, the refusal, and what `act` throws
   */
  async run<T>(caller: WaitingCaller, act: () => Promise<T>): Promise<T> {
    this.#enter(caller);
    try {
      // At once where it can be.
      if (this.#mayRun(caller)) this.#running.push(caller.uid);
      else await this.#turn(caller);
      try {
        return await act();
      } finally {
        this.#running.splice(this.#running.indexOf(caller.uid), 1);
        this.#next()?.go();
      }
    } finally {
      this.#leave(caller);
    }
  }

  #enter({ uid }: WaitingCaller): void {
    if (uid === 0) return;
    const own = this.#ofUser.get(uid) ?? 0;
    if (own >= this.#limits.ofUser || this.#count >= this.#limits.inAll) throw this.#refusal();
    this.#count++;
    this.#ofUser.set(uid, own + 1);
  }

  #leave({ uid }: WaitingCaller): void {
    if (uid === 0) return;
    this.#count--;
    const left = (this.#ofUser.get(uid) as number) - 1;
    if (left > 0) this.#ofUser.set(uid, left);
    else this.#ofUser.delete(uid);
  }

  /** Fulfilled when it has the place of one that was under way. */
  #turn({ uid, left }: WaitingCaller): Promise<void> {
    requireWaiting({ left });
    return new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.delete(waiting);
        left?.removeEventListener('abort', leave);
      };
      const leave = (): void => {
        stop();
        reject(hasLeft());
      };
      const go = (): void => {
        stop();
        // The place is taken before anybody else can see that it is free.
        this.#running.push(uid);
        resolve();
      };
      const waiting: Waiting = { uid, go };
      this.#waiting.add(waiting);
      left?.addEventListener('abort', leave);
    });
  }

  #mayRun({ uid }: Pick<WaitingCaller, 'uid'>): boolean {
    const { atOnce, atOnceOfUsers = atOnce } = this.#limits;
    if (this.#running.length >= atOnce) return false;
    return uid === 0 || this.#running.filter((running) => running !== 0).length < atOnceOfUsers;
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      const own = this.#running.filter((uid) => uid === waiting.uid).length;
      if (own < least && this.#mayRun(waiting)) [next, least] = [waiting, own];
    }
    return next;
  }
}

interface Waiting {
  readonly uid: number;
  go(): void;
}

/** @throws MachineError `not-available`, which nobody will hear but the log */
export function requireWaiting({ left }: Pick<WaitingCaller, 'left'>): void {
  if (left?.aborted === true) throw hasLeft();
}

function hasLeft(): MachineError {
  return new MachineError('not-available', 'nobody waits for it any more');
}
