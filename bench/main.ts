import { fileURLToPath } from 'node:url';
import { Lab, labUnavailable } from '../test/support/lab.ts';
import { projectRoot } from '../test/support/project-root.ts';
import { buildNativeGenerator } from './load/generator.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';
import { report } from './report.ts';
import type { BenchResult } from './result.ts';

// npm run bench: boots the lab, has inside.ts measure in it, and prints what came out. The exit status is 1 when
// something could not be measured or the services answered differently, 2 for a wrong command line.
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
  const reason = await labUnavailable();
  if (reason !== undefined) throw new Error(`there is no systemd-machined to compare with: ${reason}`);
  buildNativeGenerator(projectRoot);
  const result = await measureInLab();
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : report(result));
  return result.rows.every(({ ratio }) => ratio !== undefined) ? 0 : 1;
}

async function measureInLab(): Promise<BenchResult> {
  const lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
  try {
    const inside = fileURLToPath(new URL('./inside.js', import.meta.url)).replace(projectRoot, '/project');
    // A service of its own: systemd-machined takes no leader that is in no unit.
    const service = ['--quiet', '--pipe', '--wait', '--collect', ...PROPERTIES];
    const child = lab.spawn('systemd-run', ...service, 'node', inside, ...args);
    child.stderr.pipe(process.stderr);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const status = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    if (status !== 0) throw new Error(`the part in the lab ended with ${status}`);
    return JSON.parse(output) as BenchResult;
  } finally {
    await lab.down();
  }
}
