import { goalText } from './goal.ts';
import type { BenchResult, Figure, RatioOf, Row, Side } from './result.ts';
import type { Spread } from './statistics.ts';

/** What the columns of {@link rowCells} are. */
export const ROW_HEAD: readonly string[] = [
  'question',
  'machines',
  'at a time',
  'against',
  'its calls/s',
  'p50 us',
  'CPU us',
  'ours',
  'p50 us',
  'CPU us',
  'ratio',
  'goal',
];

/** A row of the result as text. */
export function rowCells(row: Row, result: BenchResult): string[] {
  const { workload, machines, connections, against, reference, candidate, goals } = row;
  return [
    workload,
    grouped(machines),
    grouped(connections),
    against,
    ...sideCells(reference),
    ...sideCells(candidate),
    outcome(row, isLimited(row, result)),
    goals.map((goal) => goalText(goal, goal.what === 'lost' ? '' : 'x')).join('; '),
  ];
}

/** What the columns of {@link figureCells} are. */
export const FIGURE_HEAD: readonly string[] = ['figure', 'measured', 'goal'];

/** A figure of the result as text. */
export function figureCells({ what, unit, value, goal }: Figure): string[] {
  const behind = unit === '' ? '' : ` ${unit}`;
  const { median, lowest, highest } = value;
  const several = lowest === highest ? '' : ` (${short(lowest)} to ${short(highest)})`;
  return [what, `${short(median)}${behind}${several}`, goal === undefined ? '' : goalText(goal, behind)];
}

/** A ratio as it is printed. */
export function factor(ratio: number): string {
  return `${ratio.toFixed(ratio < 100 ? 2 : 0)}x`;
}

/** True where the load generator was so near its own ceiling that the service may be faster than was seen. */
export function isLimited({ protocol, connections, candidate, ceiling }: Row, { generator }: BenchResult): boolean {
  const general = generator?.ceilings.find(
    (one) => one.protocol === protocol && one.generator === generator.used && one.connections === connections,
  );
  const most = ceiling ?? general?.rate;
  return candidate !== undefined && most !== undefined && candidate.rate.median > 0.8 * most;
}

/** A rate with as many digits as say something: 1.3, 12,345. */
export function rateText(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : grouped(rate);
}

/** A rate as people read it: 12,345. */
export function grouped(rate: number): string {
  return Math.round(rate).toLocaleString('en-US');
}

function sideCells(side: Side | undefined): string[] {
  if (side === undefined) return ['', '', ''];
  const { rate, p50, processorTime, lost } = side;
  return [
    `${rateText(rate.median)}${lost ? `, ${lost} lost` : ''}`,
    p50 === undefined ? '' : grouped(p50.median),
    processorTime === undefined ? '' : processorTime.median.toFixed(1),
  ];
}

function outcome({ ratio, ratioOf = 'rate', refused }: Row, limited: boolean): string {
  if (ratio === undefined) return `none: ${refused}`;
  return `${RATIO_WORDS[ratioOf]}${spreadText(ratio)}${limited ? ' *' : ''}`;
}

const RATIO_WORDS: Record<RatioOf, string> = { rate: '', p99: 'p99 ' };

function spreadText({ median, lowest, highest }: Spread): string {
  return `${factor(median)} (${factor(lowest)} to ${factor(highest)})`;
}

function short(value: number): string {
  return Number.isInteger(value) || value >= 1000 ? grouped(value) : value.toFixed(1);
}
