/** Values of IPv4 networks, found by an address in them, in at most 33 steps however many there are. */
export class LongestMatch<Value> {
  readonly #byLength: (Map<number, Value> | undefined)[] = [];

  add(network: number, prefixLength: number, value: Value): void {
    this.#byLength[prefixLength] ??= new Map();
    this.#byLength[prefixLength].set(masked(network, prefixLength), value);
  }

  find(address: number): Value | undefined {
    for (let length = this.#byLength.length - 1; length >= 0; length--) {
      const value = this.#byLength[length]?.get(masked(address, length));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function masked(address: number, prefixLength: number): number {
  return prefixLength === 0 ? 0 : address & (-1 << (32 - prefixLength));
}
