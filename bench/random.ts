/**
 * Pseudo-random integers from 0 up to, not including, `limit`: the same sequence for the same seed, so that every side
 * of a comparison gets the same questions. (A linear congruential generator, modulus 2^32, as in Numerical Recipes.)
 */
export function randomIntegers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
