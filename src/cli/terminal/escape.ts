/** Ctrl-]. */
const KEY = 0x1d;
const TIMES = 3;
/** Milliseconds. */
const WITHIN = 1000;

/** Finds the way out of a session in what is typed: Ctrl-] three times within a second, with nothing in between. */
export class Escape {
  #pressed: number[] = [];

  /** Whether what was typed has it. @param now in milliseconds, of a clock that does not jump */
  found(typed: Uint8Array, now: number): boolean {
    for (const byte of typed) {
      if (byte !== KEY) {
        this.#pressed = [];
        continue;
      }
      this.#pressed = [...this.#pressed, now].filter((at) => now - at <= WITHIN);
      if (this.#pressed.length === TIMES) return true;
    }
    return false;
  }
}
