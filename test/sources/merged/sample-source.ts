import type { MachineLeaders, MachineSource, SourceHealth, SourceName } from '../../../src/machine/machine-source.ts';
import type { MachineOperations } from '../../../src/machine/operations.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

/** A source whose machines a test adds and removes, and that notes what it is asked for. */
export class SampleSource implements MachineSource {
  readonly name: SourceName;
  readonly registry: Registry = new Registry();
  readonly health: SourceHealth = { state: 'live' };
  readonly asked: string[] = [];

  constructor(name: SourceName) {
    this.name = name;
    this.registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
  }

  readonly leaders: MachineLeaders = {
    limitation: undefined,
    hostAddresses: () => [],
    addressSource: (name) => {
      this.asked.push(`addressSource ${name}`);
      return this.name === 'machine1' ? 'netlink' : 'proc';
    },
    refresh: (name) => {
      this.asked.push(`refresh ${name}`);
    },
  };

  readonly operations: MachineOperations = {
    register: async ({ name }) => this.#done('register', sampleMachine(name)),
    create: async ({ name }) => this.#done('create', sampleMachine(name)),
    unregister: async (machine) => void this.#done('unregister', machine),
    terminate: async (machine) => void this.#done('terminate', machine),
    kill: async (machine, whom, signal) => void this.#done(`kill ${whom} ${signal}`, machine),
  };

  close(): void {}

  #done(what: string, machine: ReturnType<typeof sampleMachine>): typeof machine {
    this.asked.push(`${what} ${machine.name}`);
    return machine;
  }
}
