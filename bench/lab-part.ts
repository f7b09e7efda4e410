import { fileURLToPath } from 'node:url';
import { Lab, labUnavailable } from '../test/support/lab.ts';
import { requirePrograms } from '../test/support/programs.ts';
import { projectRoot } from '../test/support/project-root.ts';
import { buildLeaders } from './leaders/leaders.ts';
import { buildNativeGenerator } from './load/generator.ts';
import type { BenchResult } from './result.ts';

// Control groups for the machines, and the limits that systemd gives a service on an ordinary host: without them they
// would be those of wherever the lab runs.
const PROPERTIES = ['--property=Delegate=yes', '--property=LimitNOFILE=1024:524288', '--property=TasksMax=infinity'];

/**
 * Boots a lab and has inside.ts measure in it.
 * @param args the command line, which inside.ts reads again
 * @throws Error saying why it cannot be measured
 */
export async function measureInLab(args: readonly string[]): Promise<BenchResult> {
  const reason = await labUnavailable();
  if (reason !== undefined) throw new Error(`there is no systemd-machined to compare with: ${reason}`);
  requirePrograms({ cc: 'build-essential' }, (text) => process.stderr.write(`${text}\n`));
  buildNativeGenerator(projectRoot);
  buildLeaders(projectRoot);
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
    if (status !== 0 || output === '') throw new Error(`the part in the lab ended with ${status}`);
    return JSON.parse(output) as BenchResult;
  } finally {
    await lab.down();
  }
}
