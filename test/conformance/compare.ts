import type { KnownDifference } from './known-difference.ts';
import type { Answer, Exchange, Question } from './question.ts';

/** Something that is not as it should be, for a person to read. */
export type Problem = string;

/** The ids of the questions that are answered differently, by row of docs/differences.md. */
export type DifferingQuestions = Readonly<Record<string, readonly string[]>>;

/** What came of a comparison. */
export interface Comparison {
  readonly problems: readonly Problem[];
  /** What the list would have to be for these answers. Random questions are left out. */
  readonly differing: DifferingQuestions;
}

/**
 * Compares the answers of two to the same questions. An answer that differs must be explained by a row and be on the
 * list of that row, unless its question is random; an answer to a question on the list must differ.
 */
export function compare(
  reference: readonly Exchange[],
  ours: readonly Exchange[],
  rows: readonly KnownDifference[],
  listed: DifferingQuestions,
): Comparison {
  const problems: Problem[] = [];
  const differing: Record<string, string[]> = {};
  for (const [index, { question, answer: expected }] of reference.entries()) {
    const again = ours[index];
    if (again?.question.id !== question.id) throw new Error(`question ${index} is "${question.id}" only once`);
    const theirs = comparable(question, expected);
    const answer = comparable(question, again.answer);
    const onList = Object.keys(listed).find((row) => listed[row]?.includes(question.id));
    if (theirs === answer) {
      if (onList !== undefined) problems.push(`does not differ, but is listed as ${onList}: "${question.id}"`);
      continue;
    }
    const asked = { question, text: textOf(question), theirs, ours: answer };
    const row = rows.find((known) => known.explains(asked))?.id;
    const random = question.id.startsWith('random');
    if (row !== undefined && !random) differing[row] = [...(differing[row] ?? []), question.id];
    const both = `"${question.id}"\n  systemd-machined: ${theirs}\n  ours:             ${answer}`;
    if (row === undefined) problems.push(`differs, unexplained: ${both}`);
    else if (row !== onList && !random) problems.push(`differs by ${row}, unlisted: ${both}`);
  }
  return { problems, differing };
}

function textOf(question: Question): string {
  if (question.kind === 'call') return question.send.join('\n');
  if (question.kind === 'bytes') return question.send;
  return question.kind === 'run' ? question.command.join(' ') : question.id;
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
