import { Lab } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';
import { buildAgent } from './build.ts';
import { Caller } from './caller.ts';
import { type KeeperName, replace } from './keeper.ts';
import { learn, mainPid, makeRoot, startMachine, stopMachines } from './machines.ts';
import { type Answer, type CallerName, type Exchange, machine, type Question } from './question.ts';
import { scenario } from './scenario.ts';
import { Values } from './values.ts';

const sockets = {
  machine: '/run/systemd/machine/io.systemd.Machine',
  userdb: '/run/systemd/userdb/io.systemd.Machine',
  hook: '/run/systemd/resolve.hook/io.systemd.Machine',
};

const callerOptions: readonly (readonly [CallerName, { readonly unit?: string; readonly user?: string }])[] = [
  ['root', { unit: 'root-caller' }],
  ['alice', { unit: 'alice-caller', user: 'alice' }],
  ['outside', {}],
];
/** Those that live and die with the machine that they are or watch over. */
const mortalOptions: typeof callerOptions = [
  ['inside', { unit: 'inside' }],
  ['subgroup', { unit: 'subgroup-caller' }],
];

/** A lab with the scenario's machines in it, someone who keeps their registry, and some who ask. */
export class World {
  readonly lab: Lab;
  readonly values: Values = new Values();
  readonly #callers = new Map<CallerName, Caller>();
  #keeper: KeeperName = 'systemd-machined';

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  /** Boots it, with systemd-machined as keeper and no machine. */
  static async create(): Promise<World> {
    await buildAgent('conformance');
    const lab = await Lab.up([
      { directory: `${projectRoot}/build/conformance`, name: 'conformance' },
      { directory: projectRoot, name: 'project' },
    ]);
    const world = new World(lab);
    try {
      await world.#prepare();
      return world;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** Puts another keeper in the place of the one. The machines live on. */
  async keepBy(keeper: KeeperName): Promise<void> {
    await replace(this.lab, this.#keeper, keeper);
    this.#keeper = keeper;
  }

  async startMachines(): Promise<void> {
    for (const [name, options] of mortalOptions) await this.#startCaller(name, options);
    for (const described of scenario) await startMachine(this.lab, described, this.#callers, this.values);
  }

  async stopMachines(): Promise<void> {
    await stopMachines(this.lab, scenario);
  }

  /** Asks questions in their order. */
  async ask(questions: readonly Question[]): Promise<Exchange[]> {
    const exchanges: Exchange[] = [];
    for (const question of questions) {
      try {
        exchanges.push({ question, answer: await this.#answer(question) });
      } catch (error) {
        throw new Error(`${this.#keeper} was asked "${question.id}"`, { cause: error });
      }
    }
    return exchanges;
  }

  async destroy(): Promise<void> {
    for (const caller of this.#callers.values()) caller.stop();
    await this.lab.down();
  }

  async #answer(question: Question): Promise<Answer> {
    const { values } = this;
    const caller = this.#callers.get(question.as ?? 'root');
    if (caller === undefined) throw new Error(`nobody is called ${question.as}`);
    switch (question.kind) {
      case 'call':
      case 'bytes': {
        const bytes =
          question.kind === 'bytes'
            ? Buffer.from(question.send, 'latin1')
            : Buffer.from(question.send.map((text) => `${values.fill(text)}\0`).join(''));
        const path = sockets[question.socket];
        const reply = await caller.ask({ do: 'varlink', path, bytes: bytes.toString('base64') });
        const receive = reply.messages.map((message) => values.strip(Buffer.from(message, 'base64').toString('utf8')));
        if (question.kind === 'call' && question.leaves !== undefined) await this.#waitUntilGone(question.leaves);
        return { receive, ...(reply.closed ? { closed: true } : {}) };
      }
      case 'file': {
        const { content } = await caller.ask({ do: 'read', path: question.path });
        return { content: content === null ? null : values.strip(content) };
      }
      case 'run': {
        const command = question.command.map((word) => values.fill(word));
        const { status, stdout, stderr } = await caller.ask({ do: 'run', command });
        return { status, stdout: values.strip(stdout), stderr: values.strip(stderr) };
      }
      case 'learn':
        await learn(this.lab, values, { [question.name]: await mainPid(this.lab, question.unit) });
        return {};
    }
  }

  async #waitUntilGone(name: string): Promise<void> {
    const bytes = Buffer.from(`${machine('List', { name })}\0`).toString('base64');
    for (let tries = 0; tries < 500; tries++) {
      const reply = await this.#callers.get('root')?.ask({ do: 'varlink', path: sockets.machine, bytes });
      if (Buffer.from(reply?.messages[0] ?? '', 'base64').includes('"error"')) return;
    }
    throw new Error(`${name} does not go`);
  }

  async #prepare(): Promise<void> {
    const { lab, values } = this;
    await lab.shell(`useradd alice; systemd-run -q -u spare sleep infinity
      # No address made of a random hardware address.
      echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
      ip link add lab0 type bridge; ip link set lab0 up; ip address add 192.0.2.1/24 dev lab0`);
    for (const described of scenario) if (described.by === 'nspawn') await makeRoot(lab, described);
    for (const [name, options] of callerOptions) await this.#startCaller(name, options);
    const { pid } = this.#callers.get('root') as Caller;
    await learn(lab, values, { 'host.leader': 1, spare: await mainPid(lab, 'spare.service') });
    const threads = (await lab.shell(`ls /proc/${pid}/task`)).trim().split('\n').map(Number);
    values.learnProcess('root.thread', { pid: threads.find((thread) => thread !== pid) as number, pidfdId: -1 });
    values.learnProcess('gone', { pid: Number(await lab.shell('sleep 0 & echo $!; wait')), pidfdId: -2 });
    values.learnText('boot-id', (await lab.shell('tr -d - </proc/sys/kernel/random/boot_id')).trim());
    values.learnText('host.id', (await lab.shell('cat /etc/machine-id')).trim());
    const release = (await lab.shell('cat /etc/os-release')).trim().split('\n');
    const lines = release.map((line) => JSON.stringify(line.replace(/^(\w+)="(.*)"$/, '$1=$2')));
    values.learnText('host.os-release', lines.join(','));
  }

  async #startCaller(name: CallerName, options: { readonly unit?: string; readonly user?: string }): Promise<void> {
    const caller = await Caller.start(this.lab, options);
    this.#callers.set(name, caller);
    await learn(this.lab, this.values, { [name]: caller.pid });
  }
}
