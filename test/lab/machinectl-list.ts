import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Lab } from '../support/lab.ts';

/** What machinectl listed, and when it was asked and had answered, of performance.now(). */
export interface Listed {
  readonly names: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** `machinectl list` in a lab, again and again, without the time that it takes to get there. */
export class MachinectlList {
  readonly #shell: ChildProcessWithoutNullStreams;
  #text = '';
  #wake: () => void = () => {};

  constructor(lab: Lab) {
    this.#shell = lab.spawn(
      'bash',
      '-c',
      'while read -r _; do machinectl list --no-legend 2>/dev/null; echo "end $?"; done',
    );
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
  }

  /** Sorted names; undefined when systemd-machined was ended while it was asked. */
  async ask(): Promise<Listed | undefined> {
    this.#text = '';
    const from = performance.now();
    this.#shell.stdin.write('\n');
    for (;;) {
      const status = /^end (\d+)$/m.exec(this.#text)?.[1];
      if (status !== undefined) {
        const names = [...this.#text.matchAll(/^(\S+) +(?:container|vm) /gm)].map(([, name]) => name as string).sort();
        return status === '0' ? { names, from, to: performance.now() } : undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    this.#shell.stdin.end();
  }
}
