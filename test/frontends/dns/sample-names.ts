import { Responder } from '../../../src/frontends/dns/responder.ts';
import { type View, Zone } from '../../../src/frontends/dns/zone.ts';
import type { Address } from '../../../src/machine/address.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { HostNames } from '../../../src/resolver/host-names.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';

/** A machine with addresses as `sampleAddress` reads them. */
export function machineWith(name: string, lines: readonly string[], rest: Partial<Machine> = {}): Machine {
  const machine = sampleMachine(name, rest);
  return { ...machine, facts: { ...machine.facts, addresses: lines.map(sampleAddress) } };
}

/** A registry with a few machines of every kind, and what answers for it over DNS. */
export class SampleNames {
  readonly registry: Registry = new Registry();
  readonly host: readonly Address[] = [sampleAddress('192.0.2.1 global 2'), sampleAddress('2001:db8::1 global 2')];
  readonly names: HostNames;
  readonly zone: Zone;
  readonly problems: unknown[] = [];
  readonly asked: string[] = [];

  constructor(text?: (machine: Machine) => readonly string[]) {
    const many = Array.from({ length: 100 }, (_, index) => `10.9.0.${index + 1} global 2`);
    for (const machine of [
      machineWith('Web', ['10.0.0.2 global 2', 'fd00::2 global 2', '10.0.0.3 global 2']),
      machineWith('ai', ['10.0.0.9 global 2']),
      machineWith('deep.er.down', ['10.0.0.4 global 2']),
      machineWith('empty', []),
      machineWith('host', ['10.0.0.66 global 2']),
      machineWith('crowd', many),
    ]) {
      this.registry.add(machine);
    }
    this.names = new HostNames(this.registry, { hostAddresses: () => this.host });
    this.zone = new Zone({
      domain: 'machine.internal',
      names: this.names,
      host: () => this.host,
      asked: ({ name }) => this.asked.push(name),
      ...(text && { text }),
    });
  }

  responder(viewOf?: (address: Uint8Array) => View | undefined): Responder {
    const responder = new Responder({
      zone: this.zone,
      ttl: 0,
      ...(viewOf && { viewOf }),
      onProblem: (error) => this.problems.push(error),
    });
    this.names.subscribe(() => responder.changed());
    return responder;
  }
}
