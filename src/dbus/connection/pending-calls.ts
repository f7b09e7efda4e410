import { DBusError, ERROR_DISCONNECTED, ERROR_NO_REPLY } from '../errors.ts';
import { BUS_NAME, isUniqueName } from '../names.ts';

/** A call of ours that waits for its reply. */
export interface PendingCall {
  /** Whom it asks: a unique name or the bus itself answers in its own name. */
  readonly destination: string;
  /** For the message of an error, as in `Hello of org.freedesktop.DBus`. */
  readonly title: string;
  /** The descriptors of the reply are the caller's to close; otherwise nobody wants them. */
  readonly acceptDescriptors: boolean;
  resolve(values: readonly unknown[]): void;
  reject(error: Error): void;
}

/** Calls by the serial that their replies refer to. */
export class PendingCalls {
  readonly #calls = new Map<number, PendingCall & { readonly timer: NodeJS.Timeout }>();

  has(serial: number): boolean {
    return this.#calls.has(serial);
  }

  /** @param timeout milliseconds, up to 24 days, after which it is rejected; that does not keep the process alive */
  add(serial: number, call: PendingCall, timeout: number): void {
    const timer = setTimeout(
      () => {
        this.#calls.delete(serial);
        call.reject(new DBusError(ERROR_NO_REPLY, `${call.title} was not answered within ${timeout} ms`));
      },
      Math.min(timeout, LONGEST),
    );
    timer.unref();
    this.#calls.set(serial, { ...call, timer });
  }

  /**
   * Removes the call that a reply is for, or gives undefined when there is none: it was given up, or somebody makes
   * replies up. A call to a unique name, or to the bus, is answered by that or by the bus in its stead.
   */
  take(serial: number | undefined, sender: string | undefined): PendingCall | undefined {
    const call = serial === undefined ? undefined : this.#calls.get(serial);
    if (call === undefined) return undefined;
    const answersItself = isUniqueName(call.destination) || call.destination === BUS_NAME;
    if (answersItself && sender !== call.destination && sender !== BUS_NAME) return undefined;
    this.#calls.delete(serial as number);
    clearTimeout(call.timer);
    return call;
  }

  /** Rejects all of them. */
  end(reason: Error): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      clearTimeout(call.timer);
      const error = new DBusError(ERROR_DISCONNECTED, `${call.title} was not answered: ${reason.message}`);
      error.cause = reason;
      call.reject(error);
    }
  }
}

/** A longer timer would end at once. */
const LONGEST = 2 ** 31 - 1;
