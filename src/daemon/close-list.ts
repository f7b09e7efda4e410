/** What is to be undone when something ends, the last first. */
export class CloseList {
  readonly #steps: (() => void)[] = [];

  add(...steps: readonly (() => void)[]): void {
    this.#steps.push(...steps);
  }

  /** Harmless when repeated. */
  readonly close = (): void => {
    for (const step of this.#steps.splice(0).reverse()) step();
  };
}
