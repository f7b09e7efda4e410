import type { JsonValue, Question, Reply } from '../../../dbus/objects/question.ts';

/** Who asks: root, or an ordinary user. */
export type Asker = 'root' | 'alice';

/**
 * A method call in words of JSON: dictionaries as pairs, 64-bit numbers as text, bytes as numbers, and placeholders
 * («c1.pid») for what is another number each time.
 */
export interface Asked extends Omit<Question, 'as' | 'interface'> {
  readonly interface: string;
  readonly as: Asker;
}

/** A question, its answer, and the signals of the registry that the asker had got by then. */
export interface Exchange {
  readonly question: Asked;
  readonly reply: Reply;
  readonly signals?: readonly HeardSignal[];
}

export interface HeardSignal {
  readonly path: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

export type { JsonValue };
