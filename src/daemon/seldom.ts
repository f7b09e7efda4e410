/**
 * Has something done for an object at most once in a while, the first time at once.
 * @param interval milliseconds
 */
export function seldom<T extends WeakKey>(interval: number, act: (object: T) => void): (object: T) => void {
  const last = new WeakMap<T, number>();
  return (object) => {
    const now = performance.now();
    if (now - (last.get(object) ?? Number.NEGATIVE_INFINITY) < interval) return;
    last.set(object, now);
    act(object);
  };
}
