import { isDeepStrictEqual } from 'node:util';
import { ask } from './ask.ts';

/** A question that two servers answer differently. */
export interface Difference {
  readonly question: string;
  readonly reference: string;
  readonly candidate: string;
}

/** Asks two Varlink servers the same and gives what differs; the order of keys in an object does not count. */
export async function compareAnswers(
  sockets: { readonly reference: string; readonly candidate: string },
  questions: readonly string[],
): Promise<Difference[]> {
  return differences(questions, await ask(sockets.reference, questions), await ask(sockets.candidate, questions));
}

/** What differs of the answers to some questions, as JSON or as other text. */
export function differences(
  questions: readonly string[],
  reference: readonly string[],
  candidate: readonly string[],
): Difference[] {
  return questions.flatMap((question, index) => {
    const pair = { reference: reference[index] as string, candidate: candidate[index] as string };
    return isDeepStrictEqual(parsed(pair.reference), parsed(pair.candidate)) ? [] : [{ question, ...pair }];
  });
}

// What is no JSON is compared as it is.
function parsed(reply: string): unknown {
  try {
    return JSON.parse(reply);
  } catch {
    return reply;
  }
}
