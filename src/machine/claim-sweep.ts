import { type Claim, compareClaims } from './claim-store.ts';

/** A run of ids, from `start` to the next piece, and the claim that wins it. */
export interface Piece<Owner> {
  readonly start: number;
  readonly winner: Claim<Owner> | undefined;
}

/** A run of host ids that more than one owner claims. */
export interface Overlap<Owner> {
  readonly start: number;
  readonly count: number;
  /** Best first: the first is the one that answers. */
  readonly owners: readonly Owner[];
}

/**
 * Who wins which of the ids from `start` up to `end`, given every claim that touches them. In n log n: the claims are
 * painted best first, and what is painted is jumped over. Neighbours may have the same winner.
 */
export function paint<Owner>(start: number, end: number, claims: readonly Claim<Owner>[]): Piece<Owner>[] {
  const cuts = cutsOf(start, end, claims);
  const indexOf = new Map(cuts.map((cut, index) => [cut, index]));
  const winners = new Array<Claim<Owner> | undefined>(cuts.length - 1).fill(undefined);
  const nextBare = Uint32Array.from(cuts, (_cut, index) => index);
  const bareFrom = (index: number): number => {
    let at = index;
    while (nextBare[at] !== at) {
      nextBare[at] = nextBare[nextBare[at] as number] as number;
      at = nextBare[at] as number;
    }
    return at;
  };
  for (const claim of [...claims].sort(compareClaims)) {
    const from = indexOf.get(Math.max(start, claim.outside)) ?? 0;
    const to = indexOf.get(Math.min(end, claim.outside + claim.count)) ?? 0;
    for (let index = bareFrom(from); index < to; index = bareFrom(index)) {
      winners[index] = claim;
      nextBare[index] = index + 1;
    }
  }
  return winners.map((winner, index) => ({ start: cuts[index] as number, winner }));
}

/** The runs of ids from `start` up to `end` with claims of more than one owner, given every claim that touches them. */
export function* overlapsWithin<Owner>(
  start: number,
  end: number,
  claims: readonly Claim<Owner>[],
): IterableIterator<Overlap<Owner>> {
  const cuts = cutsOf(start, end, claims);
  const rising = [...claims].sort((a, b) => a.outside - b.outside);
  let open: Claim<Owner>[] = [];
  let opened = 0;
  for (const [index, cut] of cuts.slice(0, -1).entries()) {
    open = open.filter((claim) => claim.outside + claim.count > cut);
    for (let next = rising[opened]; next !== undefined && next.outside <= cut; next = rising[++opened]) open.push(next);
    const owners = new Set(open.length > 1 ? [...open].sort(compareClaims).map(({ owner }) => owner) : []);
    if (owners.size > 1) yield { start: cut, count: (cuts[index + 1] as number) - cut, owners: [...owners] };
  }
}

/** Where the claims, which all touch the run, begin and end within it, and its own ends; rising. */
function cutsOf<Owner>(start: number, end: number, claims: readonly Claim<Owner>[]): number[] {
  const cuts = new Set([start, end]);
  for (const { outside, count } of claims) {
    if (outside > start) cuts.add(outside);
    if (outside + count < end) cuts.add(outside + count);
  }
  return [...cuts].sort((a, b) => a - b);
}
