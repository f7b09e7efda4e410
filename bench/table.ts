import type { BenchResult, Row, Side } from './result.ts';

/** The rows as aligned columns, a service's name above its figures. */
export function table(result: BenchResult): string {
  const lines = result.rows.map((row) => cells(row, isLimited(row, result)));
  const widths = HEAD.map((name, column) =>
    Math.max(...[name, ...lines.map((line) => line[column] ?? '')].map(length)),
  );
  const start = (column: number) => widths.slice(0, column).reduce((sum, width) => sum + width + GAP.length, 0);
  const first = start(REFERENCE);
  const names = `${' '.repeat(first)}${result.reference.name.padEnd(start(CANDIDATE) - first)}${result.candidate.name}`;
  return [names, ...[HEAD, ...lines].map((line) => aligned(line, widths))].join('\n');
}

/** True where the load generator was so near its own ceiling that the service may be faster than was seen. */
export function isLimited({ protocol, connections, candidate }: Row, { generator }: BenchResult): boolean {
  const ceiling = generator.ceilings.find(
    (one) => one.protocol === protocol && one.generator === generator.used && one.connections === connections,
  );
  return candidate !== undefined && ceiling !== undefined && candidate.rate.median > 0.8 * ceiling.rate;
}

/** A rate as people read it: 12,345. */
export function grouped(rate: number): string {
  return Math.round(rate).toLocaleString('en-US');
}

const HEAD = ['', 'machines', 'connections', 'calls/s', 'p50 us', 'CPU us', 'calls/s', 'p50 us', 'CPU us', 'ratio'];
const REFERENCE = 3;
const CANDIDATE = 6;
const GAP = '  ';

function cells(row: Row, limited: boolean): string[] {
  const { ratio } = row;
  const outcome =
    ratio === undefined
      ? `none: ${row.refused}`
      : `${factor(ratio.median)} (${factor(ratio.lowest)} to ${factor(ratio.highest)})${limited ? ' *' : ''}`;
  return [
    row.workload,
    `${row.machines}`,
    `${row.connections}`,
    ...side(row.reference),
    ...side(row.candidate),
    outcome,
  ];
}

function side(figures: Side | undefined): string[] {
  if (figures === undefined) return ['', '', ''];
  const { rate, p50, processorTime } = figures;
  return [grouped(rate.median), grouped(p50.median), processorTime.median.toFixed(1)];
}

function factor(ratio: number): string {
  return `${ratio.toFixed(ratio < 100 ? 2 : 0)}x`;
}

// Text to the left, figures to the right.
function aligned(line: readonly string[], widths: readonly number[]): string {
  const last = line.length - 1;
  return line
    .map((cell, column) =>
      column === 0 || column === last ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    .join(GAP)
    .trimEnd();
}

function length(text: string): number {
  return text.length;
}
