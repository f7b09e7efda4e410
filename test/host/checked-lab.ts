import { expect } from 'vitest';
import type { HostLine } from '../../src/host/check-line.ts';
import { Lab, type Suite } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';
import { allKinds, type Kind } from './told-in-the-lab.ts';

export const mymachines = 'node /project/dist/cli/main.js';

/** A host with a real systemd, bus and systemd-resolved, brought into states that `mymachines check` has lines for. */
export class CheckedLab {
  readonly #lab: Lab;
  readonly #seen = new Map<string, HostLine>();

  static async up(suite: Suite = 'forky'): Promise<CheckedLab> {
    return new CheckedLab(await Lab.up([{ directory: projectRoot, name: 'project' }], suite));
  }

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Runs a shell script; throws when its status is not 0. */
  shell(text: string): Promise<string> {
    return this.#lab.shell(text);
  }

  down(): Promise<void> {
    return this.#lab.down();
  }

  /** The lines of `mymachines check`; its exit status is looked at. */
  async check(...options: string[]): Promise<readonly HostLine[]> {
    const words = ['/project/dist/cli/main.js', 'check', '-j', ...options];
    const { status, stdout, stderr } = await this.#lab.run('node', ...words);
    if (stdout === '') throw new Error(`status ${status}: ${stderr}`);
    const lines = JSON.parse(stdout) as HostLine[];
    for (const line of lines) this.#seen.set(line.reason, line);
    const has = (level: string): boolean => lines.some((line) => line.level === level);
    expect(status).toBe(has('fail') ? 4 : has('warn') ? 3 : 0);
    return lines;
  }

  /** Level and reason of all lines. */
  async reasons(...options: string[]): Promise<readonly string[]> {
    return (await this.check(...options)).map(({ level, reason }) => `${level} ${reason}`);
  }

  /** The reasons of the lines that are not `ok`. */
  async wrong(): Promise<readonly string[]> {
    return (await this.check()).flatMap(({ level, reason }) => (level === 'ok' ? [] : [reason]));
  }

  /** The line of a reason, where there is one. */
  async line(reason: Kind): Promise<HostLine | undefined> {
    return (await this.check()).find((line) => line.reason === reason);
  }

  /** Brings the host into a state by a shell script, and back by another whatever happens. */
  async during<T>(before: string, after: string, body: () => Promise<T>): Promise<T> {
    await this.shell(before);
    try {
      return await body();
    } finally {
      await this.shell(after);
    }
  }

  /** These lines have all been seen, with their levels, and what is not well with what to do. */
  expectSeen(kinds: readonly Kind[]): void {
    for (const kind of kinds) {
      const line = this.#seen.get(kind);
      expect(line?.level, kind).toBe(allKinds[kind]);
      expect(line?.mend === undefined, kind).toBe(line?.level === 'ok');
    }
  }
}

/** The scripts that put somebody at the path of a socket (stand-in.py), and take it away. */
export function standIn(
  mode: 'gone' | 'silent' | 'varlink',
  path: string,
  product = '',
): [before: string, after: string] {
  const program = `python3 /project/test/host/stand-in.py ${mode} ${path} ${product}`;
  return [
    `mkdir -p $(dirname ${path})
${program} </dev/null >/dev/null 2>&1 & echo $! >/run/stand-in
for n in $(seq 100); do [ -S ${path} ] && break; sleep .05; done`,
    `kill $(cat /run/stand-in) 2>/dev/null || true; rm -f ${path}`,
  ];
}
