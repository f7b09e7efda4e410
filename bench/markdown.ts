import { FIGURE_HEAD, figureCells, ROW_HEAD, rowCells } from './cells.ts';
import { footnotes, heading } from './notes.ts';
import type { BenchResult } from './result.ts';

/** The result as a document. */
export function markdown(result: BenchResult): string {
  const { rows, figures } = result;
  const goals = [...rows.flatMap((row) => row.goals), ...figures.flatMap(({ goal }) => goal ?? [])];
  const missed = goals.filter(({ met }) => !met).length;
  return [
    '# Results of the bench',
    '',
    'Written by `npm run bench`; [docs/performance.md](../docs/performance.md) says where the time goes.',
    '',
    ...heading(result).map((line) => `- ${escaped(line)}`),
    '',
    `${goals.length - missed} of ${goals.length} goals are met${missed === 0 ? '' : `, ${missed} are not`}.`,
    '',
    ...table([ROW_HEAD, ...rows.map((row) => rowCells(row, result))]),
    '',
    ...table([FIGURE_HEAD, ...figures.map(figureCells)]),
    '',
    ...footnotes(result).map((line) => `- ${escaped(line)}`),
    '',
  ].join('\n');
}

function table([head = [], ...lines]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)];
}

// What would be taken for the end of a cell, or for emphasis.
function escaped(text: string): string {
  return text.replace(/[|*\\]/g, (character) => `\\${character}`);
}
