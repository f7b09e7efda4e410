import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { containersUnavailable } from '../../test/support/namespaces.ts';
import { requirePrograms } from '../../test/support/programs.ts';
import { projectRoot } from '../../test/support/project-root.ts';
import { processorUse } from '../busy.ts';
import { compareServers, contest } from './contest.ts';
import { dnsReport } from './report.ts';
import { startServers } from './servers.ts';

// npm run bench:dns: the same names from mymachines and from dnsmasq, asked by dnsperf. Needs root. The exit status is 1
// when something could not be measured or the two answered differently.

const USAGE = `Usage: npm run bench:dns -- [--rounds N] [--seconds S] [--names N]
Measures mymachines side by side with dnsmasq: the same names over UDP, asked by dnsperf. Needs root.

  --rounds N    how often each pair of measurements is repeated (5)
  --seconds S   time of one measurement (3)
  --names N     how many names, each with an IPv4 and an IPv6 address (1000)
`;

process.exitCode = await main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  return 1;
});

async function main(): Promise<number> {
  const value = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { rounds: value, seconds: value, names: value, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [rounds, seconds, names] = [values.rounds ?? '5', values.seconds ?? '3', values.names ?? '1000'].map((text) => {
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`'${text}' is no number from 1 to 99999\n${USAGE}`);
    return Number(text);
  }) as [number, number, number];
  const reason = containersUnavailable();
  if (reason !== undefined) throw new Error(`nothing can be measured here: ${reason}`);
  requirePrograms({ dnsperf: 'dnsperf', dnsmasq: 'dnsmasq-base' }, progress);
  progress(`${names} machines: starting and registering`);
  const servers = await startServers(projectRoot, names);
  const differences = await compareServers(servers);
  if (differences.length > 0) throw new Error(`answers differ:\n${differences.slice(0, 5).join('\n')}`);
  const before = await processorUse();
  const rows = await contest(servers, { rounds, seconds, progress });
  const busy = Math.max(before, await processorUse());
  const system = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} processors, Linux ${release()}, Node ${process.versions.node}`;
  process.stdout.write(dnsReport({ rows, system, busy, rounds, seconds, names }));
  process.exit();
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
