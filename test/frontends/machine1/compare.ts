import { knownDifferences } from './known-differences.ts';
import type { Exchange } from './recording/exchange.ts';

/**
 * Holds our answers to the recorded questions against the recorded ones. An answer that differs must be explained by a
 * row of docs/differences.md; `used` are the rows that explained one.
 */
export function compare(
  recorded: readonly Exchange[],
  ours: readonly Exchange[],
): { readonly problems: readonly string[]; readonly used: ReadonlySet<string> } {
  const problems: string[] = [];
  const used = new Set<string>();
  if (recorded.length !== ours.length) problems.push(`${ours.length} answers to ${recorded.length} questions`);
  for (const [index, theirs] of recorded.entries()) {
    const our = ours[index];
    const asked = JSON.stringify(theirs.question);
    if (our === undefined || JSON.stringify(our.question) !== asked) {
      problems.push(`not asked: ${asked}`);
      continue;
    }
    const [expected, answer] = [text(theirs), text(our)];
    if (expected === answer) continue;
    const row = knownDifferences.find(({ explains }) => explains(theirs, our));
    if (row === undefined) problems.push(`${asked}\n  systemd-machined: ${expected}\n  ours:             ${answer}`);
    else used.add(row.id);
  }
  return { problems, used };
}

function text({ reply, signals = [] }: Exchange): string {
  return JSON.stringify({ reply, signals });
}
