import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Generator, generate } from './load/generator.ts';
import type { GeneratorSummary } from './result.ts';

/** What a load generator reaches with a server that does nothing, in calls a second. */
export type Ceiling = GeneratorSummary['ceilings'][number];

/** Measures each generator against an echo server in a process of its own. */
export async function measureCeilings(
  generators: readonly Generator[],
  connections: readonly number[],
  seconds: number,
): Promise<Ceiling[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-echo-'));
  const socket = join(directory, 'echo');
  const echo = spawn(process.execPath, [fileURLToPath(new URL('./load/echo.js', import.meta.url)), socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => echo.kill('SIGKILL');
  process.once('exit', kill);
  try {
    await Promise.race([
      once(echo.stdout, 'data'),
      once(echo, 'exit').then(() => Promise.reject(new Error('the echo server did not start'))),
    ]);
    const ceilings: Ceiling[] = [];
    for (const count of connections) {
      for (const generator of generators) {
        const run = { socket, connections: count, warmUp: seconds / 3, seconds, calls: CALL };
        const result = await generate(generator, run);
        ceilings.push({ generator: generator.name, connections: count, rate: result.calls / result.seconds });
      }
    }
    return ceilings;
  } finally {
    kill();
    process.off('exit', kill);
    rmSync(directory, { recursive: true });
  }
}

/**
 * The generator to use: the first one, unless another is faster with some number of connections by more than a tenth,
 * which is the noise of such figures.
 */
export function chooseGenerator(generators: readonly Generator[], ceilings: readonly Ceiling[]): Generator {
  const [preferred, ...others] = generators;
  if (preferred === undefined) throw new RangeError('no load generator');
  const rate = (name: string, connections: number) =>
    ceilings.find((ceiling) => ceiling.generator === name && ceiling.connections === connections)?.rate ?? 0;
  const counts = [...new Set(ceilings.map(({ connections }) => connections))];
  const faster = others.find(({ name }) =>
    counts.some((count) => rate(name, count) > 1.1 * rate(preferred.name, count)),
  );
  return faster ?? preferred;
}

// As long as a userdb request is.
const CALL =
  '{"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{"uid":268435456,"service":"io.systemd.Machine"}}\0';
