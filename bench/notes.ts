import { QUIET } from './busy.ts';
import { factor, grouped, isLimited, rateText } from './cells.ts';
import type { ProtocolName } from './load/generator.ts';
import type { BenchResult, Row } from './result.ts';

/** What one must know to read the table, before it. */
export function heading(result: BenchResult): string[] {
  const { system, programs, rounds, seconds } = result;
  return [
    programs.map(({ name, version }) => `${name} ${version}`).join(', '),
    `${system.processor}, ${system.processors} processors, Linux ${system.kernel}, Node ${system.node}, ${result.date}`,
    `Medians of ${rounds} alternating rounds of ${seconds} s, and the lowest and highest ratio. One question in flight per connection.`,
    'CPU us: processor time of the service for one call; what it starts for that is not counted.',
    ...ceilings(result),
    ...(system.busy >= QUIET
      ? [`NOT A QUIET MACHINE: ${percent(system.busy)} of its processors' time went elsewhere.`]
      : []),
  ];
}

/** The same, after it. */
export function footnotes(result: BenchResult): string[] {
  const { rows } = result;
  const notes = rows.flatMap(({ workload, machines, note }) =>
    note === undefined ? [] : [`${workload}, ${grouped(machines)} machines: ${note}.`],
  );
  return [
    ...(rows.some(({ protocol }) => protocol === 'dbus') ? [BUSES] : []),
    ...(rows.some((row) => isLimited(row, result)) ? [LIMITED] : []),
    ...(rows.some(({ workload }) => workload.includes('--busy-poll')) ? [BUSY_POLLS] : []),
    ...(rows.some(({ protocol, machines }) => protocol === 'dns' && machines > 1000) ? [GUESTS] : []),
    ...rows.flatMap(ownCeiling),
    ...new Set(notes),
    ...disagreements(result),
  ];
}

function ownCeiling({ workload, machines, connections, against, ceiling, reference }: Row): string[] {
  if (ceiling === undefined || reference === undefined) return [];
  const times = factor(ceiling / reference.rate.median);
  const where = `${workload}, ${grouped(machines)} machines, ${connections} at a time`;
  return [
    `${where}: ${rateText(ceiling)} calls/s with a service that gives constant answers, ${times} of ${against}: more cannot be reached behind this dbus-daemon.`,
  ];
}

function ceilings({ generator }: BenchResult): string[] {
  const names = [...new Set(generator?.ceilings.map((ceiling) => ceiling.generator))];
  return names.flatMap((name) => {
    const use = name === generator?.used ? 'used' : 'not used';
    return Object.entries(ECHOES).flatMap(([protocol, echo]) => {
      const own = generator?.ceilings.filter((one) => one.generator === name && one.protocol === protocol) ?? [];
      const figures = own.map(({ connections, rate }) => `${grouped(rate)} (${connections})`).join(', ');
      return own.length > 0
        ? [`Load generator in ${name}, ${use}; calls/s with ${echo} (connections): ${figures}`]
        : [];
    });
  });
}

function disagreements({ disagreements: found }: BenchResult): string[] {
  return found.flatMap(({ workload, against, machines, differences }) => [
    `${workload}, ${machines} machines: ${differences.length} answers differ from those of ${against}`,
    ...differences
      .slice(0, SHOWN)
      .flatMap((difference) => [
        `  question: ${difference.question}`,
        `    ${against}: ${difference.reference}`,
        `    ours: ${difference.candidate}`,
      ]),
  ]);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

const ECHOES: Record<Exclude<ProtocolName, 'varlink-once'>, string> = {
  varlink: 'a server that does nothing',
  dbus: 'a service that does nothing behind a dbus-daemon',
};
const BUSES =
  'D-Bus: each service behind a dbus-daemon of its own, the same program with the same configuration, for a name has one owner on a bus.';
const LIMITED = '* Near what the load generator reaches with a server that does nothing: more could hardly be seen.';
const BUSY_POLLS =
  '--busy-poll keeps a processor awake for a moment after each message, and is off by default; a server in C would gain as much by it.';
const GUESTS =
  'DNS: the first 1,000 names are those of containers, the others those of VMs registered with an address.';
const SHOWN = 5;
