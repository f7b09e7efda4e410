import type { Question } from './question.ts';

/** A row of docs/differences.md, and how to tell a difference that it explains from any other. */
export interface KnownDifference {
  /** The row's id. */
  readonly id: string;
  /** True when the row explains that this question gets these two answers (JSON texts of answers). */
  explains(asked: Asked): boolean;
}

/** A question with two different answers. */
export interface Asked {
  readonly question: Question;
  /** The texts that are sent, or the command. */
  readonly text: string;
  readonly theirs: string;
  readonly ours: string;
}
