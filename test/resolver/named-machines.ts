import { addressText } from '../../src/machine/address-text.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { parseMachineName } from '../../src/machine/machine-name.ts';
import { Registry } from '../../src/machine/registry.ts';
import { HostNames } from '../../src/resolver/host-names.ts';
import { sampleMachine } from '../machine/sample-machine.ts';
import { sampleAddress } from './sample-address.ts';

/** A registry and the host names over it; the host has 192.0.2.1. */
export class NamedMachines {
  readonly registry: Registry = new Registry();
  #hostNames: HostNames | undefined;

  /** Adds a machine with addresses as `sampleAddress` takes them. */
  add(name: string, lines: readonly string[] = [], rest: Partial<Machine> = {}): Machine {
    const machine = sampleMachine(name, rest);
    const added = { ...machine, facts: { ...machine.facts, addresses: lines.map(sampleAddress) } };
    this.registry.add(added);
    return added;
  }

  /** Gives a machine other addresses. */
  readdress(name: string, lines: readonly string[]): void {
    const addresses = lines.map(sampleAddress);
    this.registry.update(parseMachineName(name), (machine) => ({ ...machine, facts: { ...machine.facts, addresses } }));
  }

  remove(name: string): void {
    this.registry.remove(parseMachineName(name));
  }

  /** Begins to follow the registry. */
  start(): HostNames {
    this.#hostNames = new HostNames(this.registry, { hostAddresses: () => [sampleAddress('192.0.2.1 global 2')] });
    return this.#hostNames;
  }

  close(): void {
    this.#hostNames?.close();
  }
}

/** `web 10.0.0.1 10.0.0.2`, `below web`, `unknown` */
export function told(names: HostNames, name: string): string {
  const answer = names.resolve(name);
  if (answer.kind === 'found') {
    return [answer.name, ...answer.addresses.map(({ bytes }) => addressText(bytes))].join(' ');
  }
  return answer.kind === 'below' ? `below ${answer.machine.name}` : 'unknown';
}

/** The names of an address. */
export function reverse(names: HostNames, address: string): readonly string[] {
  return names.reverse(sampleAddress(`${address} global 2`).bytes);
}
