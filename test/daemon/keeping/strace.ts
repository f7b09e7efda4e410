import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from '../../support/programs.ts';

/** What is to become of a system call, as strace(1) has it in `-e inject=`. */
export interface Injection {
  readonly name: string;
  /** The how manieth of that name since strace looks on, or how strace says which (`3+`: from the third on). */
  readonly when: number | string;
  /** An errno(3) that it fails with, without being made; or SIGKILL, before it is made. */
  readonly fate: `error=${string}` | 'signal=SIGKILL';
}

/** Why no system call can be looked at here, for `describe.skipIf`, or undefined. */
export function straceUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return 'tracing needs root';
  return hasProgram('strace') ? undefined : 'there is no strace here';
}

/** strace(1) at threads of a process. */
export class Strace {
  readonly #directory = mkdtempSync(join(tmpdir(), 'mymachines-strace-'));
  readonly #ended: Promise<unknown>;
  readonly #child: ReturnType<typeof spawn>;

  /**
   * @param threads their numbers: that of a process is that of its main thread
   * @param calls names of system calls; those that this architecture does not have are passed over
   */
  static async attach(
    threads: number | readonly number[],
    calls: readonly string[],
    injection?: Injection,
  ): Promise<Strace> {
    const all = [threads].flat();
    const strace = new Strace(all, calls, injection);
    const attached = () => told.split(' attached').length > all.length;
    let told = '';
    for await (const text of strace.#child.stderr?.setEncoding('utf8') ?? []) {
      told += text;
      if (attached()) break;
    }
    if (attached()) return strace;
    throw new Error(`strace: ${told}`);
  }

  private constructor(threads: readonly number[], calls: readonly string[], injection: Injection | undefined) {
    const parameters = ['strace', ...options(this.#log, calls, injection), '-p', threads.join()];
    this.#child = spawn('setpriv', ['--pdeathsig', 'TERM', ...parameters], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#ended = once(this.#child, 'exit');
  }

  /**
   * Gives its calls.
   * @param ended whether the process is one that ends now, and strace with it. Else it is let go of; one that ends just
   * then has strace (6.1) wait for ever.
   */
  async calls(ended: boolean): Promise<TracedCall[]> {
    if (!ended) this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(impatience);
    const text = readFileSync(this.#log, 'utf8');
    rmSync(this.#directory, { recursive: true });
    return parseCalls(text);
  }

  get #log(): string {
    return join(this.#directory, 'calls');
  }
}

/**
 * strace(1) at a program from its start, for `through` of DaemonProcess: the program is the child, and strace looks on.
 * `calls` is for when it has ended, or has nothing more to show; strace goes on until then.
 */
export function straceFromStart(
  calls: readonly string[],
  injection?: Injection,
): { readonly through: readonly string[]; calls(): TracedCall[] } {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-strace-'));
  const log = join(directory, 'calls');
  return {
    through: ['strace', '-D', ...options(log, calls, injection)],
    calls: () => {
      const text = readFileSync(log, 'utf8');
      rmSync(directory, { recursive: true });
      return parseCalls(text);
    },
  };
}

function options(log: string, calls: readonly string[], injection: Injection | undefined): string[] {
  const { name, when, fate } = injection ?? {};
  const inject = injection === undefined ? [] : ['-e', `inject=${name}:${fate}:when=${when}`];
  return ['-y', '-o', log, '-e', `trace=${calls.map((call) => `?${call}`).join(',')}`, ...inject];
}

/** A system call as strace printed it. */
export interface TracedCall {
  readonly name: string;
  /** What follows the opening parenthesis: arguments, and the result if it came to one. */
  readonly text: string;
  /** The how manieth of that name, from 1. */
  readonly ordinal: number;
  /** Whether the process was ended in it, or before it was made. */
  readonly cutShort: boolean;
}

function parseCalls(log: string): TracedCall[] {
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    // Where strace looks at several threads it says first at which.
    const [, name = '', text = ''] = /^(?:\d+ +)?(\w+)\((.*)$/.exec(line) ?? [];
    if (name === '') return [];
    const ordinal = (counts.get(name) ?? 0) + 1;
    counts.set(name, ordinal);
    return [{ name, text, ordinal, cutShort: /(= \?|<unfinished \.\.\.>)$/.test(text) }];
  });
}
