import { Lab, type Suite } from '../../support/lab.ts';
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

interface SideOptions {
  /** The name under which `buildAgent()` compiled the agent. */
  readonly agent: string;
  readonly suite: Suite;
}

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

  /** Boots it and starts the machines. It runs what has been built. */
  static async create(keeper: KeeperName, { agent, suite }: SideOptions): Promise<Side> {
    const binds = [
      { directory: `${projectRoot}/build/${agent}`, name: 'conformance' },
      { directory: projectRoot, name: 'project' },
    ];
    const lab = await Lab.up(binds, suite);
    const side = new Side(lab, keeper);
    try {
      await prepareLab(lab, side.#volatile);
      if (keeper !== 'systemd-machined') await replace(lab, 'systemd-machined', keeper);
      await startMachines(lab, side.#volatile, suite);
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
    if (/^bash: .*(syntax error|command not found)/m.test(stderr)) throw new Error(`"${question.id}": ${stderr}`);
    return { status, stdout: this.#volatile.strip(stdout), stderr: this.#volatile.strip(stderr) };
  }
}
