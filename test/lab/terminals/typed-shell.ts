import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { expect } from 'vitest';
import type { Lab } from '../../support/lab.ts';

/** A command on a terminal in the lab, at which somebody types for as long as it runs. */
export class TypedShell {
  readonly #child: ChildProcessWithoutNullStreams;
  #shown = '';
  #over = false;

  constructor(lab: Lab, ...command: string[]) {
    this.#child = lab.spawn('script', '-qfc', command.join(' '), '/dev/null');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
    });
    this.#child.once('close', () => {
      this.#over = true;
    });
  }

  /** Types, and waits until something is shown after that; what is typed is shown, too. */
  async type(text: string, wanted: RegExp): Promise<void> {
    this.#shown = '';
    this.#child.stdin.write(text);
    await this.until(wanted);
  }

  async until(wanted: RegExp): Promise<void> {
    await expect.poll(() => this.#shown, { timeout: 30_000 }).toMatch(wanted);
  }

  /** Waits until the command has ended. */
  async end(): Promise<void> {
    await expect.poll(() => this.#over, { timeout: 30_000 }).toBe(true);
  }
}
