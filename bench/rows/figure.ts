import { type Goal, judge } from '../goal.ts';
import type { Figure } from '../result.ts';
import { spread } from '../statistics.ts';

export const MEBIBYTE: number = 1024 * 1024;

/** A figure that was measured once or several times; its median is what counts. */
export function figure(what: string, unit: string, values: readonly number[], goal?: Goal): Figure {
  const value = spread(values);
  return { what, unit, value, ...(goal && { goal: judge(goal, value.median) }) };
}
