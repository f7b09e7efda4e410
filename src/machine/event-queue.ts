interface Subscription<Event> {
  readonly listener: (event: Event) => void;
  /** Number of the first event that it is told. */
  readonly since: number;
}

/**
 * Tells listeners of events, one event at a time and in order, whatever the listeners do meanwhile: publish more (told
 * after the present one), subscribe (told of later events only), unsubscribe (told no more), throw (the others are
 * told all the same).
 */
export class EventQueue<Event extends object> {
  readonly #subscriptions = new Set<Subscription<Event>>();
  readonly #pending: Event[] = [];
  readonly #onError: (error: unknown) => void;
  #told = 0;
  #telling = false;

  /** @param onError gets what listeners throw; without it they are thrown again in a microtask of their own. */
  constructor(onError: (error: unknown) => void = throwLater) {
    this.#onError = onError;
  }

  subscribe(listener: (event: Event) => void): () => void {
    const subscription = { listener, since: this.#told + this.#pending.length };
    this.#subscriptions.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
    };
  }

  /** Never throws. Has told everybody when it returns, unless called by a listener. */
  publish(event: Event): void {
    this.#pending.push(event);
    if (this.#telling) return;
    this.#telling = true;
    const errors: unknown[] = [];
    // The event being told stays in the queue until it has been told, so that `since` counts it.
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      this.#tell(next, errors);
      this.#pending.shift();
      this.#told++;
    }
    this.#telling = false;
    for (const error of errors) this.#onError(error);
  }

  #tell(event: Event, errors: unknown[]): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.since > this.#told) continue;
      try {
        subscription.listener(event);
      } catch (error) {
        errors.push(error);
      }
    }
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
