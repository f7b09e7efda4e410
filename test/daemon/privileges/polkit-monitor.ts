import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { vi } from 'vitest';
import type { Lab } from '../../support/lab.ts';

/** What polkit was asked. */
export interface PolkitQuestion {
  readonly action: string;
  /** What its rules find. */
  readonly details: Readonly<Record<string, string>>;
}

/** Sees what anybody in a lab asks polkit, with busctl(1). */
export class PolkitMonitor {
  readonly questions: PolkitQuestion[] = [];
  readonly #process: ChildProcessWithoutNullStreams;

  /** Whether it has seen anything yet. */
  #sees = false;

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process;
    let text = '';
    process.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() as string;
      for (const line of lines) {
        this.#sees = true;
        const { destination, payload } = JSON.parse(line) as Message;
        if (destination === 'org.freedesktop.DBus') continue;
        const [, action, details] = payload.data;
        this.questions.push({ action, details });
      }
    });
  }

  static async start(lab: Lab): Promise<PolkitMonitor> {
    const match = "type='method_call',member='CheckAuthorization'";
    const monitor = new PolkitMonitor(lab.spawn('busctl', 'monitor', '--json=short', '--match', match));
    // It does not say when it is there.
    const bus = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'CheckAuthorization'];
    for (let round = 0; !monitor.#sees; round++) {
      if (round === 50) throw new Error('busctl monitor sees nothing');
      await lab.run('busctl', 'call', ...bus);
    }
    return monitor;
  }

  /** What was asked while something was done, once there have been so many questions. */
  async during(count: number, act: () => Promise<unknown>): Promise<readonly PolkitQuestion[]> {
    const before = this.questions.length;
    await act();
    await vi.waitFor(
      () => {
        if (this.questions.length < before + count) throw new Error(`polkit was not asked ${count} times`);
      },
      { timeout: 10_000, interval: 10 },
    );
    return this.questions.slice(before);
  }

  stop(): void {
    this.#process.kill();
  }
}

interface Message {
  readonly destination: string;
  readonly payload: { readonly data: readonly [unknown, string, Record<string, string>] };
}
