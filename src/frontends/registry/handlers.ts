import type { Authority } from '../../machine/authorize.ts';
import type { InsideOperations } from '../../machine/inside-operations.ts';
import { parseMachineReference } from '../../machine/machine-name.ts';
import type { MachineSources } from '../../machine/machine-source.ts';
import type { NetworkDetails } from '../../machine/network-details.ts';
import type { Caller, MachineMetadata } from '../../machine/operations.ts';
import type { Registry, RegistryEvent } from '../../machine/registry.ts';
import { type ChangeKind, changesOf } from '../../resolver/changes.ts';
import { checkMachines } from '../../resolver/check.ts';
import { explain } from '../../resolver/explanation.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import {
  type Call,
  errorsOf,
  expectedMore,
  type Implementation,
  implementLater,
  Turns,
  type VarlinkError,
} from '../../varlink/index.ts';
import { ChangeFeed } from './change-feed.ts';
import { copyFiles } from './copy.ts';
import { explanationReply } from './encode.ts';
import { encodeDetails, encodeNames } from './encode-change.ts';
import { checkReply, type ServiceProcess } from './encode-check.ts';
import { description, type Methods } from './io.github.mymachines.Registry.ts';
import { keepCurrent } from './keep-current.ts';
import { Subscription } from './subscription.ts';

/** What io.github.mymachines.Registry is answered from. */
export interface RegistryServices {
  readonly registry: Registry;
  readonly metadata: MachineMetadata;
  readonly network: NetworkDetails;
  readonly authority: Authority;
  readonly hostNames: Pick<HostNames, 'conflicts'>;
  readonly sources: Pick<MachineSources, 'sources' | 'conflicts'>;
  readonly inside: Pick<InsideOperations, 'copy'>;
  /** As it is at the moment of asking. */
  readonly serviceProcess: () => ServiceProcess;
  /** Who makes a call, and what a caller sees of an error of the domain: as io.systemd.Machine, at the same socket. */
  callerOf(call: Call, parameters: Pick<Methods['Explain']['parameters'], 'allowInteractiveAuthentication'>): Caller;
  wireError(error: unknown): VarlinkError;
}

/** io.github.mymachines.Registry over a registry: what is known of a machine and what came of it, and what changes. */
export function registryInterface(services: RegistryServices): Implementation {
  const { registry, metadata, network, authority, hostNames } = services;
  const turns = new Turns();
  const changes = (event: RegistryEvent): readonly ChangeKind[] => changesOf(event, metadata);
  const names = new ChangeFeed({ registry, changesOf: changes, encoder: encodeNames });
  const details = new ChangeFeed({
    registry,
    changesOf: changes,
    encoder: encodeDetails(metadata),
    follow: () => keepCurrent(registry, metadata, network),
  });
  return implementLater(description, {
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

    Check: async (parameters, call) => {
      try {
        await authority.authorize('inspect-machine', services.callerOf(call, parameters));
      } catch (error) {
        throw services.wireError(error);
      }
      for (const machine of registry) metadata.refresh(machine);
      const findings = checkMachines(registry, hostNames, network);
      return checkReply(findings, { sources: services.sources, process: services.serviceProcess() });
    },

    Copy: (parameters, call) => copyFiles(services, parameters, call),

    Subscribe: async (parameters, call) => {
      if (!call.more) return expectedMore();
      if (parameters.details !== true) return new Subscription(names, turns);
      try {
        await authority.authorize('inspect-machine', services.callerOf(call, parameters));
      } catch (error) {
        throw services.wireError(error);
      }
      return new Subscription(details, turns);
    },
  });
}

const fail = errorsOf(description);
