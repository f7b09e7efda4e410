import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

// npm run soak [-- --minutes N]: everything at once for half an hour. The exit status is 1 when something did not hold.

const USAGE = `Usage: npm run soak [-- --minutes N] [--machines N]

Has a daemon answer at all its doors for N minutes (30) while up to N machines (60) come, change and go, and the bus is
restarted three times; compares each answer with what is right. Needs root.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    machines: { type: 'string', default: '60' },
    help: { type: 'boolean' },
  },
});
const minutes = Number(values.minutes);
const places = Number(values.machines);
if (values.help === true) process.stdout.write(USAGE);
else if (!(minutes > 0) || !(Number.isInteger(places) && places > 0)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (process.getuid?.() !== 0) {
  process.stderr.write('soak: only root can start containers\n');
  process.exitCode = 2;
} else {
  const { faults, done, doors, busRestarts, readings, rest } = await soak({
    milliseconds: minutes * 60_000,
    places,
    between: 10_000,
    memoryGrowth: 8 * 1024 * 1024,
    onReading: (reading, seconds) => process.stdout.write(`${seconds} s: ${JSON.stringify(reading)}\n`),
  });
  const print = (what: string, value: unknown): void =>
    void process.stdout.write(`${what}: ${JSON.stringify(value)}\n`);
  print('changes', done);
  print('restarts of the bus', busRestarts);
  for (const [door, figures] of Object.entries(doors)) print(door, figures);
  print('readings', readings.length);
  print('at rest before and after', rest);
  for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
