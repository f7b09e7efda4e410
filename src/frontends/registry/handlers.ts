import type { Authority } from '../../machine/authorize.ts';
import { parseMachineReference } from '../../machine/machine-name.ts';
import type { NetworkDetails } from '../../machine/network-details.ts';
import type { Caller, MachineMetadata } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';
import { explain } from '../../resolver/explanation.ts';
import { type Call, errorsOf, type Implementation, implement, type VarlinkError } from '../../varlink/index.ts';
import { explanationReply } from './encode.ts';
import { description, type Methods } from './io.github.mymachines.Registry.ts';

/** What io.github.mymachines.Registry is answered from. */
export interface RegistryServices {
  readonly registry: Registry;
  readonly metadata: MachineMetadata;
  readonly network: NetworkDetails;
  readonly authority: Authority;
  /** Who makes a call, and what a caller sees of an error of the domain: as io.systemd.Machine, at the same socket. */
  callerOf(call: Call, parameters: Methods['Explain']['parameters']): Caller;
  wireError(error: unknown): VarlinkError;
}

/** io.github.mymachines.Registry over a registry: what is known of a machine, and what came of it. */
export function registryInterface(services: RegistryServices): Implementation {
  const { registry, metadata, network, authority } = services;
  return implement(description, {
    Explain: async (parameters, call) => {
      try {
        const named = registry.get(parseMachineReference(parameters.name));
        if (named === undefined) return fail('NoSuchMachine');
        await authority.authorize('inspect-machine', services.callerOf(call, parameters), named);
        // While polkit was asked it may have changed, or gone.
        const machine = registry.get(named.name);
        if (machine === undefined) return fail('NoSuchMachine');
        metadata.refresh(machine);
        return explanationReply(explain(machine, registry, metadata, network), network);
      } catch (error) {
        throw services.wireError(error);
      }
    },
  });
}

const fail = errorsOf(description);
