import { fileURLToPath } from 'node:url';
import { bootLab } from './lab.ts';
import { buildNativeGenerator } from './load/generator.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';
import { report } from './report.ts';
import type { BenchResult } from './result.ts';

// npm run bench: boots the lab, has inside.ts measure in it, and prints what came out. The exit status is 1 when
// something could not be measured or the services answered differently, 2 for a wrong command line.
const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const args = process.argv.slice(2);
// Control groups for the machines, and the limits that systemd gives a service on an ordinary host: without them they
// would be those of wherever the lab runs.
const PROPERTIES = ['--property=Delegate=yes', '--property=LimitNOFILE=1024:524288', '--property=TasksMax=infinity'];

process.exitCode = await main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  return error instanceof UsageError ? 2 : 1;
});

async function main(): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Error('needs root, to boot the system it measures in');
  buildNativeGenerator(projectRoot);
  const result = await measureInLab();
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : report(result));
  return result.rows.every(({ ratio }) => ratio !== undefined) ? 0 : 1;
}

async function measureInLab(): Promise<BenchResult> {
  // The signal reaches what runs in the lab too, which then ends; the lab is taken down in any case.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => {});
  const lab = bootLab(projectRoot);
  try {
    const node = ['node', '/project/build/bench/inside.js', ...args];
    // A service of its own: systemd-machined takes no leader that is in no unit.
    return JSON.parse(
      await lab.run(['systemd-run', '--quiet', '--pipe', '--wait', '--collect', ...PROPERTIES, ...node]),
    );
  } finally {
    lab.down();
  }
}
