import type { IdMapLine } from './id-map.ts';

/** One run of host ids that an owner has. */
export interface Claim<Owner> extends IdMapLine {
  readonly owner: Owner;
  /** Of the owner: decides between claims on the same range. */
  readonly rank: number;
}

/**
 * A range of host ids that somebody claims, as the best of the claims on it: the lower in rank, then the lower inside.
 * Containers that are started alike have the same one, all of them: so it is kept once, however many claim it, and only
 * who is first changes with them. What a lookup needs is in the range itself, one piece of memory.
 */
export interface ClaimedRange<Owner> extends IdMapLine {
  inside: number;
  owner: Owner;
  /** All claims on it, the best first. Never empty. */
  readonly claims: Claim<Owner>[];
}

/** Below 0 when the first range beats the second: the narrower, then the one that starts lower. */
export function compareRanges<Owner>(a: ClaimedRange<Owner>, b: ClaimedRange<Owner>): number {
  return a.count - b.count || a.outside - b.outside;
}

/**
 * All ranges, to be asked which of them touch a run of ids. They are kept apart by magnitude of their width, each lot
 * sorted by start. So the candidates within a lot are neighbours, and one wide range cannot make every question look
 * at everything.
 */
export class ClaimStore<Owner> {
  readonly #lots: ClaimedRange<Owner>[][] = Array.from({ length: 32 }, () => []);

  /** Adds a claim; gives the range if it was nobody's before. */
  insert(claim: Claim<Owner>): ClaimedRange<Owner> | undefined {
    const { outside, count } = claim;
    const lot = this.#lotOf(count);
    const index = positionOfRange(lot, outside, count);
    const there = lot[index];
    if (there?.outside === outside && there.count === count) {
      there.claims.splice(positionOfClaim(there.claims, claim), 0, claim);
      takeFirst(there);
      return undefined;
    }
    const range = { outside, count, inside: claim.inside, owner: claim.owner, claims: [claim] };
    lot.splice(index, 0, range);
    return range;
  }

  /** Takes it away again; gives the range if it is nobody's any more. */
  delete(claim: Claim<Owner>): ClaimedRange<Owner> | undefined {
    const { outside, count } = claim;
    const lot = this.#lotOf(count);
    const index = positionOfRange(lot, outside, count);
    const range = lot[index];
    if (range?.outside !== outside || range.count !== count) return undefined;
    const at = positionOfClaim(range.claims, claim);
    if (range.claims[at] !== claim) return undefined;
    if (range.claims.length > 1) {
      range.claims.splice(at, 1);
      takeFirst(range);
      return undefined;
    }
    lot.splice(index, 1);
    return range;
  }

  /** The ranges with any of the ids from `start` up to, not including, `end`, in no useful order. */
  overlapping(start: number, end: number): ClaimedRange<Owner>[] {
    const found: ClaimedRange<Owner>[] = [];
    for (const [magnitude, lot] of this.#lots.entries()) {
      for (let index = firstAbove(lot, start - 2 ** (magnitude + 1)); index < lot.length; index++) {
        const range = lot[index] as ClaimedRange<Owner>;
        if (range.outside >= end) break;
        if (range.outside + range.count > start) found.push(range);
      }
    }
    return found;
  }

  #lotOf(count: number): ClaimedRange<Owner>[] {
    return this.#lots[31 - Math.clz32(count)] as ClaimedRange<Owner>[];
  }
}

function takeFirst<Owner>(range: ClaimedRange<Owner>): void {
  const [{ inside, owner }] = range.claims as [Claim<Owner>];
  range.inside = inside;
  range.owner = owner;
}

/** Where a range is in its lot, or belongs. */
function positionOfRange<Owner>(lot: readonly ClaimedRange<Owner>[], outside: number, count: number): number {
  return partitionPoint(lot, (there) => (there.outside - outside || there.count - count) < 0);
}

/** Where a claim is among those on its range, or belongs. */
function positionOfClaim<Owner>(claims: readonly Claim<Owner>[], claim: Claim<Owner>): number {
  return partitionPoint(claims, (there) => (there.rank - claim.rank || there.inside - claim.inside) < 0);
}

/** The first range that starts above an id. */
function firstAbove<Owner>(lot: readonly ClaimedRange<Owner>[], id: number): number {
  return partitionPoint(lot, ({ outside }) => outside <= id);
}

/** The index of the first item that `before` is false for, given that those it is true for come first. */
function partitionPoint<Item>(items: readonly Item[], before: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(items[middle] as Item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
