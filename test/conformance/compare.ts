import type { KnownDifference } from './known-differences.ts';
import type { Answer, Exchange, Question } from './question.ts';

/** Something that is not as it should be, for a person to read. */
export type Problem = string;

/**
 * Compares the answers of two to the same questions. An answer that differs must be listed, and be the listed one; an
 * answer that is listed must differ.
 */
export function compare(
  reference: readonly Exchange[],
  ours: readonly Exchange[],
  known: readonly KnownDifference[],
): Problem[] {
  if (reference.length !== ours.length) return [`asked ${reference.length} questions and ${ours.length}`];
  return reference.flatMap(({ question, answer: expected }, index) => {
    const { question: again, answer } = ours[index] as Exchange;
    if (again.id !== question.id) return [`question ${index} is "${question.id}" and "${again.id}"`];
    return judge(question, comparable(question, expected), comparable(question, answer), known);
  });
}

function judge(question: Question, expected: string, answer: string, known: readonly KnownDifference[]): Problem[] {
  const listed = known.find(({ questions }) => questions.test(question.id));
  const both = `\n  systemd-machined: ${expected}\n  ours:             ${answer}`;
  if (listed === undefined) return expected === answer ? [] : [`differs, unlisted: "${question.id}"${both}`];
  if (expected === answer) {
    return listed.sometimes === true ? [] : [`does not differ, but is listed as ${listed.id}: "${question.id}"${both}`];
  }
  if (listed.ours === undefined || listed.ours.test(answer)) return [];
  return [`differs, but not as ${listed.id} says (${listed.ours}): "${question.id}"${both}`];
}

/** One text for an answer; the machines of an unordered list sorted, and `continues` checked and left out. */
function comparable(question: Question, answer: Answer): string {
  if (question.kind !== 'call' || question.unordered !== true || !('receive' in answer)) return text(answer);
  const continues = ',"continues":true}';
  const last = answer.receive.length - 1;
  const wellFormed = answer.receive.every((message, index) => message.endsWith(continues) === index < last);
  if (!wellFormed) return text(answer);
  const machines = answer.receive.map((message) => message.replace(continues, '}'));
  return text({ ...answer, receive: machines.sort() });
}

function text(answer: Answer): string {
  return JSON.stringify(answer);
}
