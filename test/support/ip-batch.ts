import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Container } from './namespaces.ts';

/** ip(8) that waits inside a container's network namespace for commands, so that each takes next to no time. */
export class IpBatch {
  readonly #child: ChildProcess;
  #errors = '';

  constructor(container: Container) {
    const parameters = ['-t', `${container.pid}`, '-n', '--', 'setpriv', '--pdeathsig', 'KILL', 'ip', '-batch', '-'];
    this.#child = spawn('nsenter', parameters, { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  run(...commands: string[]): void {
    this.#child.stdin?.write(`${commands.join('\n')}\n`);
  }

  /** Waits until all is done. Throws what ip(8) had to say. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    if (this.#errors !== '') throw new Error(this.#errors);
  }
}
