import { parseArgs } from 'node:util';
import { doors } from './doors.ts';

// npm run fuzz -- DOOR --minutes N [--seed S]: tries one door, or all one after the other, with inputs that no earlier
// run had. The exit status is 1 when something did not hold.

const USAGE = `Usage: npm run fuzz -- DOOR|all [--minutes N] [--seed S]

Sends hostile inputs to one door for N minutes (1), and says what did not hold. Needs root.

${doors.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}
`;

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const [wanted, ...others] = positionals;
const chosen = doors.filter(({ name }) => wanted === 'all' || name === wanted);
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Date.now() % 0x7fff_ffff : Number(values.seed);
if (values.help === true) process.stdout.write(USAGE);
else if (chosen.length === 0 || others.length > 0 || !(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (process.getuid?.() !== 0) {
  process.stderr.write('fuzz: only root can start daemons of another user, whom the kernel keeps from all others\n');
  process.exitCode = 2;
} else {
  for (const door of chosen) {
    try {
      const came = await door.run({ seed, milliseconds: minutes * 60_000 });
      const tried = [...came.values()].reduce((sum, count) => sum + count, 0);
      process.stdout.write(`${door.name}: ${tried} inputs of seed ${seed}, all held\n`);
      for (const [what, count] of came) process.stdout.write(`${`${count}`.padStart(10)} came to ${what}\n`);
    } catch (error) {
      process.stdout.write(`${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
}
