import { FIGURE_HEAD, figureCells, ROW_HEAD, rowCells } from './cells.ts';
import { footnotes, heading } from './notes.ts';
import type { BenchResult } from './result.ts';

/** The result as text for a person: what was measured on what, the tables, and what one must know to read them. */
export function report(result: BenchResult): string {
  const { rows, figures } = result;
  const parts = [
    heading(result),
    ...(rows.length > 0 ? [aligned([ROW_HEAD, ...rows.map((row) => rowCells(row, result))])] : []),
    ...(figures.length > 0 ? [aligned([FIGURE_HEAD, ...figures.map(figureCells)])] : []),
    footnotes(result),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Columns under each other; a column of figures to the right. */
function aligned(lines: readonly (readonly string[])[]): string[] {
  const columns = (lines[0] ?? []).map((_, column) => lines.map((line) => line[column] ?? ''));
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const figures = columns.map((cells) => cells.slice(1).every((cell) => /^[\d.,]*( lost)?$/.test(cell)));
  return lines.map((line) =>
    line
      .map((cell, column) => (figures[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
}

const GAP = '  ';
