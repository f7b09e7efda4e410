import { closeDescriptors } from './close-descriptors.ts';

/** @private The descriptors of a call: those that came with it, and those that go with its next reply. */
export class CallDescriptors {
  readonly #arrived: (number | undefined)[];
  #passed: number[] = [];
  #closed = false;

  constructor(arrived: readonly number[]) {
    this.#arrived = [...arrived];
  }

  /** See `Call.take`. */
  take(index: number): number | undefined {
    const descriptor = this.#arrived[index];
    this.#arrived[index] = undefined;
    return descriptor;
  }

  /**
   * See `Call.pass`.
   * @param wanted there will be a reply
   * @param possible the transport passes descriptors
   */
  pass(descriptor: number, wanted: boolean, possible: boolean): number {
    const index = this.#passed.length;
    const full = index === MAXIMUM;
    if (!wanted || !possible || full || this.#closed) closeDescriptors([descriptor]);
    else this.#passed.push(descriptor);
    if (!possible) throw new TypeError('the transport passes no descriptors');
    if (full) throw new RangeError(`a reply has at most ${MAXIMUM} descriptors`);
    return index;
  }

  /** Those of the reply that goes out now, which are the taker's. Undefined: none. */
  outgoing(): readonly number[] | undefined {
    if (this.#passed.length === 0) return undefined;
    const outgoing = this.#passed;
    this.#passed = [];
    return outgoing;
  }

  /** Those that were to go with a reply go nowhere. */
  discard(): void {
    const passed = this.#passed;
    this.#passed = [];
    closeDescriptors(passed);
  }

  /** The call is over. */
  close(): void {
    this.#closed = true;
    this.discard();
    const left = this.#arrived.splice(0).filter((descriptor) => descriptor !== undefined);
    closeDescriptors(left);
  }
}

/** What the kernel passes with one piece (SCM_MAX_FD of Linux). */
const MAXIMUM = 253;
