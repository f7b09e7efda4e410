import { grouped } from '../table.ts';
import type { DnsRow, DnsSide } from './contest.ts';

/** What was measured, and on what. */
export interface DnsResult {
  readonly rows: readonly DnsRow[];
  readonly system: string;
  /** The share of processor time that went elsewhere, from 0 to 1. */
  readonly busy: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly names: number;
}

/** The result as text for a person. */
export function dnsReport({ rows, system, busy, rounds, seconds, names }: DnsResult): string {
  const [first] = rows;
  const versions = [first?.candidate, first?.reference].map((side) => `${side?.name} ${side?.version}`);
  const lines = rows.map(({ workload, outstanding, reference, candidate, ratio }) =>
    [
      workload.padEnd(12),
      `${outstanding}`.padStart(7),
      ...[reference, candidate].map(sideText),
      `${ratio.median.toFixed(2)}x (${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)})`,
    ].join('  '),
  );
  const heading = `${'questions'.padEnd(12)}  at once  ${[first?.reference, first?.candidate]
    .map((side) => `${side?.name}/s  CPU us  lost`.padStart(28))
    .join('  ')}  ratio`;
  return [
    `${versions.join(' against ')}, ${names} names over UDP, asked by dnsperf`,
    system,
    `Medians of ${rounds} alternating rounds of ${seconds} s, and the lowest and highest ratio. CPU us: the server's for one answer.`,
    ...(busy > 0.1 ? [`NOT A QUIET MACHINE: ${Math.round(busy * 100)} % of its processors' time went elsewhere.`] : []),
    '',
    heading,
    ...lines,
    '',
  ].join('\n');
}

function sideText({ rate, processorTime, lost }: DnsSide): string {
  return `${grouped(rate.median)}  ${processorTime.median.toFixed(1).padStart(6)}  ${`${lost}`.padStart(4)}`.padStart(
    28,
  );
}
