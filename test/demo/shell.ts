import { spawn } from 'node:child_process';
import { Failure } from './failure.ts';
import type { Screen } from './screen.ts';

/** What a command must print and how it must end. */
export interface Expectation {
  /** Exit status; 0 unless given. */
  readonly status?: number;
  /** Text, or patterns, all of which must be in the output. */
  readonly shows?: readonly (string | RegExp)[];
  /** Text that must not be there. */
  readonly hides?: readonly string[];
}

/** Shows a command line and its real output, and throws a {@link Failure} when that is not as expected. */
export async function show(screen: Screen, command: string, { status = 0, shows = [], hides = [] }: Expectation = {}) {
  screen.command(command);
  const result = await run(command);
  if (result.output !== '') screen.output(result.output);
  const wrong = (reason: string) => new Failure(`'${command}' ${reason}`);
  if (result.status !== status) throw wrong(`ended with status ${result.status}, not ${status}`);
  for (const part of shows) {
    const there = typeof part === 'string' ? result.output.includes(part) : part.test(result.output);
    if (!there) throw wrong(`did not show ${part}`);
  }
  for (const part of hides) if (result.output.includes(part)) throw wrong(`still shows ${part}`);
}

/** Runs a command line; output and errors come together, as on a terminal. */
export function run(command: string): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `exec 2>&1; ${command}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 10_000,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}
