import { mkdirSync, writeFileSync } from 'node:fs';
import { projectRoot } from '../test/support/project-root.ts';
import { measureDns } from './dns/dns-part.ts';
import { measureInLab } from './lab-part.ts';
import { markdown } from './markdown.ts';
import { isWanted, isWhole, type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { picture } from './picture.ts';
import { report } from './report.ts';
import type { BenchResult } from './result.ts';
import { together } from './run-rows.ts';

// npm run bench: boots the lab, has inside.ts measure in it, then measures DNS here, and prints what came out. The exit
// status is 1 when something could not be measured or the services answered differently, 2 for a wrong command line.
// Whether a goal was met does not change it.

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const result = await withDns(await measureInLab(args), options);
  keep(result, options);
  await write(options.json ? `${JSON.stringify(result, null, 2)}\n` : report(result));
  return result.disagreements.length === 0 ? 0 : 1;
}

async function withDns(result: BenchResult, options: Options): Promise<BenchResult> {
  if (!isWanted(options, 'DNS A over UDP')) return result;
  const { rounds, dnsSeconds: seconds, sizes } = options;
  const names = [sizes.thousand, sizes.many];
  const { programs, ...found } = await measureDns(projectRoot, { rounds, seconds, names, progress });
  const others = programs.filter(({ name }) => result.programs.every((program) => program.name !== name));
  return { ...result, ...together([result, found]), programs: [...result.programs, ...others] };
}

function keep(result: BenchResult, options: Options): void {
  const { out } = options;
  const places = out === undefined ? { table: 'bench', picture: 'docs' } : { table: out, picture: out };
  if (out === undefined && !isWhole(options)) return;
  for (const directory of Object.values(places)) mkdirSync(directory, { recursive: true });
  writeFileSync(`${places.table}/results.md`, markdown(result));
  writeFileSync(`${places.picture}/lookups.svg`, picture(result));
  progress(`written: ${places.table}/results.md, ${places.picture}/lookups.svg`);
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
