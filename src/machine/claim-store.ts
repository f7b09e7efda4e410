import type { IdMapLine } from './id-map.ts';

/** One run of host ids that an owner has. */
export interface Claim<Owner> extends IdMapLine {
  readonly owner: Owner;
  /** Of the owner: decides between equal ranges. */
  readonly rank: number;
}

/**
 * Below 0 when the first claim beats the second: the narrower, then the one that starts lower, then the lower in rank.
 */
export function compareClaims<Owner>(a: Claim<Owner>, b: Claim<Owner>): number {
  return a.count - b.count || a.outside - b.outside || a.rank - b.rank || a.inside - b.inside;
}

/**
 * All claims, to be asked which of them touch a run of ids. They are kept apart by magnitude of their width, each lot
 * sorted by start. So the candidates within a lot are neighbours, and one wide claim cannot make every question look
 * at everything.
 */
export class ClaimStore<Owner> {
  readonly #lots: Claim<Owner>[][] = Array.from({ length: 32 }, () => []);

  insert(claim: Claim<Owner>): void {
    const lot = this.#lotOf(claim);
    lot.splice(position(lot, claim), 0, claim);
  }

  delete(claim: Claim<Owner>): void {
    const lot = this.#lotOf(claim);
    const index = position(lot, claim);
    if (lot[index] === claim) lot.splice(index, 1);
  }

  /** The claims on any of the ids from `start` up to, not including, `end`, in no useful order. */
  overlapping(start: number, end: number): Claim<Owner>[] {
    const found: Claim<Owner>[] = [];
    for (const [magnitude, lot] of this.#lots.entries()) {
      for (let index = firstAbove(lot, start - 2 ** (magnitude + 1)); index < lot.length; index++) {
        const claim = lot[index] as Claim<Owner>;
        if (claim.outside >= end) break;
        if (claim.outside + claim.count > start) found.push(claim);
      }
    }
    return found;
  }

  #lotOf(claim: Claim<Owner>): Claim<Owner>[] {
    return this.#lots[31 - Math.clz32(claim.count)] as Claim<Owner>[];
  }
}

/** Where the claim is in its lot, or belongs. */
function position<Owner>(lot: readonly Claim<Owner>[], claim: Claim<Owner>): number {
  return partitionPoint(
    lot,
    (there) => (there.outside - claim.outside || there.rank - claim.rank || there.inside - claim.inside) < 0,
  );
}

/** The first claim that starts above an id. */
function firstAbove<Owner>(lot: readonly Claim<Owner>[], id: number): number {
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
