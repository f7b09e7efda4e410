import { nullId128 } from '../machine/id128.ts';
import type { NamedId } from './named-id.ts';

/** The conditions of GetUserRecord and GetGroupRecord. What is absent excludes nothing. */
export interface RecordFilter {
  /** One of these must be close to the name or the description. None at all excludes nothing. */
  readonly fuzzyNames?: readonly string[];
  /** One of these must be `container`, which all our records are. None at all excludes everything. */
  readonly dispositions?: readonly string[];
  readonly idMin?: number;
  readonly idMax?: number;
  /** As `parseId128` gives it. Our records have none; only the null id asks for nothing. */
  readonly uuid?: string;
}

/** Whether a record meets every condition; each as systemd 262's multiplexer takes it, seen with its own records. */
export function passes(filter: RecordFilter, record: NamedId): boolean {
  const { fuzzyNames, dispositions, idMin = 0, idMax = 0xffff_fffe, uuid } = filter;
  if (record.id < idMin || record.id > idMax) return false;
  if (dispositions !== undefined && !dispositions.includes('container')) return false;
  if (uuid !== undefined && uuid !== nullId128) return false;
  if (fuzzyNames === undefined || fuzzyNames.length === 0) return true;
  const texts = [bytesOf(record.name), bytesOf(record.description)];
  return fuzzyNames.some((fuzzy) => {
    const wanted = bytesOf(fuzzy);
    return texts.some((text) => text.includes(wanted) || isClose(text, wanted));
  });
}

const shortestFuzzy = 5;
const furthestFuzzy = 2;

/** As bytes, with ASCII letters in lower case: what is compared is not characters. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
}

/** Whether at most two typing errors lie between two texts. Short ones would be close to too much, and never are. */
function isClose(text: Buffer, wanted: Buffer): boolean {
  if (wanted.length < shortestFuzzy || Math.abs(text.length - wanted.length) > furthestFuzzy) return false;
  return distance(text, wanted) <= furthestFuzzy;
}

/**
 * Fewest insertions, deletions, substitutions and swaps of neighbours that turn one into the other, none changing what
 * another has changed (optimal string alignment). Greater ones than `furthestFuzzy` may come out greater than they are:
 * only what is that near to the diagonal is looked at, because anybody may ask for a hundred long texts to be compared
 * with each record. The lengths differ by no more than that.
 */
function distance(a: Buffer, b: Buffer): number {
  // Each row from `furthestFuzzy` before the diagonal on, so that above one is the next of the row before.
  let beforeLast: number[] = Array(bandWidth).fill(beyond);
  let last = Array.from(beforeLast, (_, at) => (at < furthestFuzzy ? beyond : at - furthestFuzzy));
  let current = [...beforeLast];
  let nearestBefore = 0;
  for (let row = 1; row <= a.length; row++) {
    let nearest = beyond;
    for (let at = 0; at < bandWidth; at++) {
      const column = row + at - furthestFuzzy;
      let least = column === 0 ? row : beyond;
      if (column > 0 && column <= b.length) {
        least = (last[at] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
        if (at + 1 < bandWidth) least = Math.min(least, (last[at + 1] as number) + 1);
        if (at > 0) least = Math.min(least, (current[at - 1] as number) + 1);
        const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
        if (swapped) least = Math.min(least, (beforeLast[at] as number) + 1);
      }
      current[at] = least;
      nearest = Math.min(nearest, least);
    }
    // A way leads through one of any two rows that follow each other, and becomes no shorter.
    if (nearest > furthestFuzzy && nearestBefore > furthestFuzzy) return beyond;
    nearestBefore = nearest;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return last[b.length - a.length + furthestFuzzy] as number;
}

const bandWidth = 2 * furthestFuzzy + 1;
/** More than is ever looked for. */
const beyond = 1000;
