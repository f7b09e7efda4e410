import { type Claim, type ClaimedRange, ClaimStore, compareRanges } from './claim-store.ts';
import { type Overlap, overlapsWithin, type Piece, paint } from './claim-sweep.ts';
import type { IdMapLine } from './id-map.ts';

/** A line of a map, and whose it is. */
export type Owned<Owner> = Readonly<IdMapLine> & { readonly owner: Owner };

/** Ids next to each other that one line of an owner's map is the best claim on: that part of the line. */
export interface Segment<Owner> {
  readonly line: IdMapLine;
  readonly owner: Owner;
}

/**
 * Which owner a host id belongs to. Where claims overlap the narrowest wins, then the one that starts lowest, then the
 * lowest rank. (systemd 262 walks a hash table and takes the first, so that the answer can change from run to run.)
 *
 * The 2^32 ids are cut into segments, each with its one winner; neighbours with the same winner are always one segment.
 * So there are at most twice as many segments as ranges, whatever came and went, and a lookup is one binary search that
 * allocates nothing. A change looks only at the segments that the changed ranges cover, and at none where others
 * claim the same range.
 */
export class IdIndex<Owner> {
  /** First ids of the segments, rising from 0; a segment ends where the next begins. */
  readonly #starts: number[] = [0];
  readonly #winners: (ClaimedRange<Owner> | undefined)[] = [undefined];
  readonly #claims: ClaimStore<Owner> = new ClaimStore();
  readonly #byOwner = new Map<Owner, readonly Claim<Owner>[]>();

  /** Number of segments, with those that nobody claims. */
  get segments(): number {
    return this.#starts.length;
  }

  /** The best claim on a host id; `id - outside + inside` is the owner's own number for it. */
  lookup(id: number): Owned<Owner> | undefined {
    return this.#winners[this.#segmentOf(id)];
  }

  /** The segment that an id is in, if somebody claims it. */
  segment(id: number): Segment<Owner> | undefined {
    const at = this.#segmentOf(id);
    const winner = this.#winners[at];
    if (winner === undefined) return undefined;
    const outside = this.#starts[at] as number;
    const end = this.#starts[at + 1] ?? 2 ** 32;
    const line = { inside: outside - winner.outside + winner.inside, outside, count: end - outside };
    return { line, owner: winner.owner };
  }

  /** Gives host ids, all below 2^32 - 1, to an owner that has none yet. No two owners have the same rank. */
  add(owner: Owner, rank: number, lines: readonly IdMapLine[]): void {
    if (this.#byOwner.has(owner)) throw new Error('the owner has ids already');
    const claims = lines.map(({ inside, outside, count }) => ({ inside, outside, count, owner, rank }));
    if (claims.length > 0) this.#byOwner.set(owner, claims);
    for (const claim of claims) {
      const range = this.#claims.insert(claim);
      if (range === undefined) continue;
      this.#repaint(range, (start, _end, winner) => [
        { start, winner: winner === undefined || compareRanges(range, winner) < 0 ? range : winner },
      ]);
    }
  }

  /** Takes all its ids from an owner; without effect when it has none. */
  remove(owner: Owner): void {
    for (const claim of this.#byOwner.get(owner) ?? []) {
      const range = this.#claims.delete(claim);
      if (range === undefined) continue;
      this.#repaint(range, (start, end, winner) =>
        winner === range ? paint(start, end, this.#claims.overlapping(start, end)) : [{ start, winner }],
      );
    }
    this.#byOwner.delete(owner);
  }

  /** The runs of ids with claims of several owners, lowest first; with an owner, only those that it has a part in. */
  *overlaps(owner?: Owner): IterableIterator<Overlap<Owner>> {
    const everything = [{ outside: 0, count: 2 ** 32 }];
    const within = owner === undefined ? everything : [...(this.#byOwner.get(owner) ?? [])];
    for (const { outside, count } of within.sort((a, b) => a.outside - b.outside)) {
      yield* overlapsWithin(outside, outside + count, this.#claims.overlapping(outside, outside + count));
    }
  }

  /** The segment that an id is in: the last that does not start above it. */
  #segmentOf(id: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Has each part of a segment that a range covers painted anew, and joins neighbours that have the same winner. */
  #repaint(
    range: ClaimedRange<Owner>,
    anew: (start: number, end: number, winner: ClaimedRange<Owner> | undefined) => readonly Piece<Owner>[],
  ): void {
    const from = range.outside;
    const to = range.outside + range.count;
    const first = this.#segmentOf(from);
    const last = this.#segmentOf(to - 1);
    const starts: number[] = [];
    const winners: (ClaimedRange<Owner> | undefined)[] = [];
    const push = (start: number, winner: ClaimedRange<Owner> | undefined): void => {
      if (starts.length > 0 && winners.at(-1) === winner) return;
      starts.push(start);
      winners.push(winner);
    };
    // The neighbours on both sides go through the same joining, so that nothing is left to join.
    const low = Math.max(0, first - 1);
    const high = Math.min(this.#starts.length - 1, last + 1);
    for (let segment = low; segment <= high; segment++) {
      const start = this.#starts[segment] as number;
      const end = this.#starts[segment + 1] ?? 2 ** 32;
      const winner = this.#winners[segment];
      if (start < from) push(start, winner);
      if (end > from && start < to) {
        for (const piece of anew(Math.max(start, from), Math.min(end, to), winner)) push(piece.start, piece.winner);
      }
      if (end > to) push(Math.max(start, to), winner);
    }
    replaceRun(this.#starts, low, high + 1, starts);
    replaceRun(this.#winners, low, high + 1, winners);
  }
}

/** Replaces a run of items, however many: `splice` alone takes its items as arguments, of which there is a limit. */
function replaceRun<Item>(items: Item[], from: number, to: number, replacement: readonly Item[]): void {
  const chunk = 10_000;
  items.splice(from, to - from, ...replacement.slice(0, chunk));
  for (let done = chunk; done < replacement.length; done += chunk) {
    items.splice(from + done, 0, ...replacement.slice(done, done + chunk));
  }
}
