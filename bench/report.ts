import type { ProtocolName } from './load/generator.ts';
import type { BenchResult } from './result.ts';
import { grouped, isLimited, table } from './table.ts';

/** The result as text for a person: what was measured on what, the table, and what one must know to read it. */
export function report(result: BenchResult): string {
  const { system, reference, candidate, rounds, seconds, rows } = result;
  const head = [
    `${candidate.name} ${candidate.version} against ${reference.name} ${reference.version}`,
    `${system.processor}, ${system.processors} processors, Linux ${system.kernel}, Node ${system.node}, ${result.date}`,
    `Medians of ${rounds} alternating rounds of ${seconds} s with one call in flight per connection, and the lowest and highest ratio.`,
    'CPU us: processor time of the service for one call.',
    ...ceilings(result),
    ...(system.busy > BUSY
      ? [`NOT A QUIET MACHINE: ${percent(system.busy)} of its processors' time went elsewhere.`]
      : []),
  ];
  const limited = rows.some((row) => isLimited(row, result));
  const notes = rows.flatMap(({ machines, note }) => (note === undefined ? [] : [`${machines} machines: ${note}.`]));
  const feet = [
    ...(rows.some(({ protocol }) => protocol === 'dbus') ? [BUSES] : []),
    ...(limited
      ? ['* Near what the load generator reaches with a server that does nothing: more could hardly be seen.']
      : []),
    ...new Set(notes),
    ...disagreements(result),
  ];
  return `${[...head, '', table(result), ...(feet.length > 0 ? ['', ...feet] : [])].join('\n')}\n`;
}

function ceilings({ generator }: BenchResult): string[] {
  const names = [...new Set(generator.ceilings.map((ceiling) => ceiling.generator))];
  return names.flatMap((name) => {
    const use = name === generator.used ? 'used' : 'not used';
    return Object.entries(ECHOES).flatMap(([protocol, echo]) => {
      const own = generator.ceilings.filter((one) => one.generator === name && one.protocol === protocol);
      const figures = own.map(({ connections, rate }) => `${grouped(rate)} (${connections})`).join(', ');
      return own.length > 0
        ? [`Load generator in ${name}, ${use}; calls/s with ${echo} (connections): ${figures}`]
        : [];
    });
  });
}

function disagreements({ disagreements: found, reference, candidate }: BenchResult): string[] {
  return found.flatMap(({ workload, machines, differences }) => [
    `${workload}, ${machines} machines: ${differences.length} answers differ`,
    ...differences
      .slice(0, SHOWN)
      .flatMap((difference) => [
        `  question: ${difference.question}`,
        `    ${reference.name}: ${difference.reference}`,
        `    ${candidate.name}: ${difference.candidate}`,
      ]),
  ]);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

const ECHOES: Record<ProtocolName, string> = {
  varlink: 'a server that does nothing',
  dbus: 'a service that does nothing behind a dbus-daemon',
};
const BUSES =
  'D-Bus: each service behind a dbus-daemon of its own, the same program with the same configuration, for a name has one owner on a bus.';
const SHOWN = 5;
const BUSY = 0.1;
