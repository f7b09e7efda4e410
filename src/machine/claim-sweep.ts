import { type ClaimedRange, compareRanges } from './claim-store.ts';

/** A run of ids, from `start` to the next piece, and the range that wins it. */
export interface Piece<Owner> {
  readonly start: number;
  readonly winner: ClaimedRange<Owner> | undefined;
}

/** A run of host ids that more than one owner claims. */
export interface Overlap<Owner> {
  readonly start: number;
  readonly count: number;
  /** Best first: the first is the one that answers. */
  readonly owners: readonly Owner[];
}

/**
 * Who wins which of the ids from `start` up to `end`, given every range that touches them. In n log n: the ranges are
 * painted best first, and what is painted is jumped over. Neighbours may have the same winner.
 */
export function paint<Owner>(start: number, end: number, ranges: readonly ClaimedRange<Owner>[]): Piece<Owner>[] {
  const cuts = cutsOf(start, end, ranges);
  // Each covers all of it, as where many are in one another.
  if (cuts.length === 2) return [{ start, winner: best(ranges) }];
  const indexOf = new Map(cuts.map((cut, index) => [cut, index]));
  const winners = new Array<ClaimedRange<Owner> | undefined>(cuts.length - 1).fill(undefined);
  const nextBare = Uint32Array.from(cuts, (_cut, index) => index);
  const bareFrom = (index: number): number => {
    let at = index;
    while (nextBare[at] !== at) {
      nextBare[at] = nextBare[nextBare[at] as number] as number;
      at = nextBare[at] as number;
    }
    return at;
  };
  for (const range of [...ranges].sort(compareRanges)) {
    const from = indexOf.get(Math.max(start, range.outside)) ?? 0;
    const to = indexOf.get(Math.min(end, range.outside + range.count)) ?? 0;
    for (let index = bareFrom(from); index < to; index = bareFrom(index)) {
      winners[index] = range;
      nextBare[index] = index + 1;
    }
  }
  return winners.map((winner, index) => ({ start: cuts[index] as number, winner }));
}

/** The runs of ids from `start` up to `end` with claims of more than one owner, given every range that touches them. */
export function* overlapsWithin<Owner>(
  start: number,
  end: number,
  ranges: readonly ClaimedRange<Owner>[],
): IterableIterator<Overlap<Owner>> {
  const cuts = cutsOf(start, end, ranges);
  const rising = [...ranges].sort((a, b) => a.outside - b.outside);
  let open: ClaimedRange<Owner>[] = [];
  let opened = 0;
  for (const [index, cut] of cuts.slice(0, -1).entries()) {
    open = open.filter((range) => range.outside + range.count > cut);
    for (let next = rising[opened]; next !== undefined && next.outside <= cut; next = rising[++opened]) open.push(next);
    const owners = new Set([...open].sort(compareRanges).flatMap(({ claims }) => claims.map(({ owner }) => owner)));
    if (owners.size > 1) yield { start: cut, count: (cuts[index + 1] as number) - cut, owners: [...owners] };
  }
}

function best<Owner>(ranges: readonly ClaimedRange<Owner>[]): ClaimedRange<Owner> | undefined {
  let found = ranges[0];
  for (const range of ranges) if (found === undefined || compareRanges(range, found) < 0) found = range;
  return found;
}

/** Where the ranges, which all touch the run, begin and end within it, and its own ends; rising. */
function cutsOf<Owner>(start: number, end: number, ranges: readonly ClaimedRange<Owner>[]): number[] {
  const cuts = new Set([start, end]);
  for (const { outside, count } of ranges) {
    if (outside > start) cuts.add(outside);
    if (outside + count < end) cuts.add(outside + count);
  }
  return [...cuts].sort((a, b) => a - b);
}
