import type { Exchange } from './recording/exchange.ts';

/** A row of docs/differences.md, as far as it is about what is asked over D-Bus. */
export interface KnownDifference {
  readonly id: string;
  explains(theirs: Exchange, ours: Exchange): boolean;
}

export const knownDifferences: readonly KnownDifference[] = [];
