import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TestControlGroup } from '../../support/control-groups.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { call, type Reply } from './calls.ts';

/** What is to be found of a machine. */
export type Expected = Readonly<Record<string, unknown>>;
/** Machines by name. */
export type Model = ReadonlyMap<string, Expected>;

/** One thing that is done to a daemon, and what there is after it. */
export interface Step {
  readonly title: string;
  /** Nobody is answered. */
  readonly silent?: true;
  /** The answer; undefined where there is none to give, or the daemon ended first. */
  readonly act: (daemon: DaemonProcess) => Promise<Reply | undefined>;
  readonly after: (before: Model) => Model;
}

/** Whatever changes what is kept of machines, in an order in which each kind meets what others left. */
export class Script {
  readonly unit: string = `mymachines-keeping-${process.pid}.scope`;
  readonly #group: TestControlGroup = new TestControlGroup(this.unit);
  readonly #leaders = new Map<string, ChildProcess>();

  /** The steps of one run, with a leader that this run will end. */
  async steps(): Promise<Step[]> {
    const [plain, described, inUnit, mortal] = [
      await this.#leader('plain'),
      await this.#leader('described'),
      await this.#leader('inUnit', true),
      await this.#leader('mortal'),
    ];
    return [
      register({ name: 'plain', class: 'vm', leader: plain }),
      register({ ...DESCRIBED, name: 'described', leader: described }),
      register({ name: 'in-unit', class: 'container', leader: inUnit }, { unit: this.unit }),
      refused({ name: 'plain', class: 'container', leader: mortal }, 'io.systemd.Machine.MachineExists'),
      register({ name: 'mortal', class: 'container', leader: mortal, allocateUnit: true }),
      this.#end('mortal'),
      unregister('in-unit'),
      register({ name: 'mortal', class: 'container', leader: inUnit }, { unit: this.unit }),
      unregister('described'),
      unregister('mortal'),
      register({ ...DESCRIBED, name: 'described', leader: described, service: 'another' }),
    ];
  }

  async close(): Promise<void> {
    for (const name of [...this.#leaders.keys()]) await this.#kill(name);
    this.#group.remove();
  }

  async #leader(name: string, inUnit = false): Promise<number> {
    const running = this.#leaders.get(name);
    if (running !== undefined) return running.pid as number;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', 'infinity'], { stdio: 'ignore' });
    await once(child, 'spawn');
    this.#leaders.set(name, child);
    if (inUnit) this.#group.add(child.pid as number);
    return child.pid as number;
  }

  #end(name: string): Step {
    return {
      title: `end ${name}`,
      silent: true,
      act: async (daemon) => {
        await this.#kill(name);
        while (existsSync(join(daemon.runtimeDirectory, 'machines', name)) && daemon.alive) {
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        return undefined;
      },
      after: (before) => without(before, name),
    };
  }

  async #kill(name: string): Promise<void> {
    const child = this.#leaders.get(name);
    if (child === undefined) return;
    this.#leaders.delete(name);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

/** Text that has to be escaped in the file among it. */
const DESCRIBED = {
  class: 'container',
  id: '0123456789abcdef0123456789abcdef',
  service: 'a "service" with $odd `text`\n\\ and é',
  rootDirectory: "/var/lib/it's here",
  ifIndices: [3, 1, 2],
  vSockCid: 42,
  sshAddress: 'vsock/42',
  sshPrivateKeyPath: '/key',
};

type Registration = { readonly name: string; readonly leader: number; readonly [key: string]: unknown };

function register({ leader, ...more }: Registration, found: Expected = {}): Step {
  // The list does not tell of these two.
  const { allocateUnit: _unit, ifIndices: _interfaces, ...kept } = more as Registration;
  return {
    title: `register ${more.name}`,
    act: async ({ machineSocket }) => first(machineSocket, 'Register', { ...more, leader }),
    after: (before) => new Map([...before, [more.name, { ...kept, ...found, leader, UID: 0 }]]),
  };
}

function refused(parameters: Registration, error: string): Step {
  return {
    title: `register ${parameters.name} again`,
    act: async ({ machineSocket }) => {
      const reply = await first(machineSocket, 'Register', parameters);
      if (reply !== undefined && reply.error !== error) throw new Error(`not refused: ${JSON.stringify(reply)}`);
      return reply && {};
    },
    after: (before) => before,
  };
}

function unregister(name: string): Step {
  return {
    title: `unregister ${name}`,
    act: ({ machineSocket }) => first(machineSocket, 'Unregister', { name }),
    after: (before) => without(before, name),
  };
}

async function first(path: string, method: string, parameters: object): Promise<Reply | undefined> {
  return (await call(path, `io.systemd.Machine.${method}`, parameters))?.[0];
}

function without(model: Model, name: string): Model {
  return new Map([...model].filter(([other]) => other !== name));
}
