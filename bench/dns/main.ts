import { parseArgs } from 'node:util';
import { projectRoot } from '../../test/support/project-root.ts';
import { report } from '../report.ts';
import { describeSystem } from '../system.ts';
import { measureDns } from './dns-part.ts';

// npm run bench:dns: only the part of the bench that is about DNS. The exit status is 1 when something could not be
// measured or the two answered differently.

const USAGE = `Usage: npm run bench:dns -- [--rounds N] [--seconds S] [--names N,...] [--json]
Measures mymachines side by side with dnsmasq: the same names over UDP, asked by dnsperf. Needs root.

  --rounds N       how often each pair of measurements is repeated (5)
  --seconds S      time of one measurement (3)
  --names N,...    how many names (1000,10000)
  --json           the result as JSON instead of a table
`;

main().then(
  (status) => process.exit(status),
  (error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(1);
  },
);

async function main(): Promise<number> {
  const value = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: { rounds: value, seconds: value, names: value, json: flag, help: { ...flag, short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [rounds, seconds] = [number(values.rounds ?? '5'), number(values.seconds ?? '3')];
  const names = (values.names ?? '1000,10000').split(',').map(number);
  const system = await describeSystem();
  const { programs, ...found } = await measureDns(projectRoot, { rounds, seconds, names, progress });
  const result = { date: new Date().toISOString(), system, programs, rounds, seconds, ...found };
  const text = values.json ? `${JSON.stringify(result, null, 2)}\n` : report(result);
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  return found.disagreements.length === 0 ? 0 : 1;
}

function number(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`'${text}' is no number from 1 to 99999\n${USAGE}`);
  return Number(text);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
