import { Lab } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';
import { Caller } from '../caller.ts';
import { type KeeperName, log, replace } from '../keeper.ts';
import type { Answer, CallerName, Exchange, Question } from '../question.ts';
import { prepareLab, startMachines } from './machines.ts';
import { Volatile } from './volatile.ts';

const callers: readonly (readonly [CallerName, { readonly unit: string; readonly user?: string }])[] = [
  ['root', { unit: 'root-caller' }],
  ['alice', { unit: 'alice-caller', user: 'alice' }],
];

/** Below build, where the project and the agent are compiled for this. */
export const buildName = 'conformance-clients';

/** One of the two that are compared: a lab in which someone keeps the registry, its machines, and those who ask. */
export class Side {
  readonly lab: Lab;
  readonly keeper: KeeperName;
  readonly #volatile = new Volatile();
  readonly #callers = new Map<CallerName, Caller>();

  private constructor(lab: Lab, keeper: KeeperName) {
    this.lab = lab;
    this.keeper = keeper;
  }

  /** Boots it and starts the machines. `build(buildName)` must have been there before. */
  static async create(keeper: KeeperName): Promise<Side> {
    const lab = await Lab.up([
      { directory: `${projectRoot}/build/${buildName}`, name: 'conformance' },
      { directory: projectRoot, name: 'project' },
    ]);
    const side = new Side(lab, keeper);
    try {
      await prepareLab(lab, side.#volatile);
      if (keeper !== 'systemd-machined') await replace(lab, 'systemd-machined', keeper, buildName);
      await startMachines(lab, side.#volatile);
      for (const [name, options] of callers) side.#callers.set(name, await Caller.start(lab, options));
      return side;
    } catch (error) {
      const errors = await log(lab, keeper);
      await side.destroy();
      throw new Error(`no lab with ${keeper}: ${errors}`, { cause: error });
    }
  }

  /** Asks questions in their order. */
  async ask(questions: readonly Question[]): Promise<Exchange[]> {
    const exchanges: Exchange[] = [];
    for (const question of questions) exchanges.push({ question, answer: await this.#answer(question) });
    return exchanges;
  }

  async destroy(): Promise<void> {
    for (const caller of this.#callers.values()) caller.stop();
    await this.lab.down();
  }

  async #answer(question: Question): Promise<Answer> {
    if (question.kind !== 'run') throw new Error(`"${question.id}" is no command`);
    const caller = this.#callers.get(question.as ?? 'root');
    if (caller === undefined) throw new Error(`nobody is called ${question.as}`);
    const { status, stdout, stderr } = await caller.ask({ do: 'run', command: question.command });
    return { status, stdout: this.#volatile.strip(stdout), stderr: this.#volatile.strip(stderr) };
  }
}
