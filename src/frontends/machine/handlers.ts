import type { Authority } from '../../machine/authorize.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineMetadata, MachineOperations, ProcessFinder } from '../../machine/operations.ts';
import { parseNormalizedPath, parseSignal } from '../../machine/registration-rules.ts';
import type { Registry } from '../../machine/registry.ts';
import { mapFrom, mapTo } from '../../resolver/id-mapping.ts';
import { findMachine } from '../../resolver/machines.ts';
import { type Call, expectedMore, type Implementation, implement } from '../../varlink/index.ts';
import { callerOf } from './caller.ts';
import type { MachineReply } from './encode.ts';
import { wireError } from './errors.ts';
import { description, type Methods } from './io.systemd.Machine.ts';
import { listAll, listReply } from './list.ts';
import {
  type MachineParameters,
  readIds,
  readMachineQuery,
  readRegistration,
  registrationError,
} from './parameters.ts';

/** What io.systemd.Machine is answered from. */
export interface MachineServices {
  readonly registry: Registry;
  readonly operations: MachineOperations;
  readonly processes: ProcessFinder;
  readonly metadata: MachineMetadata;
  readonly authority: Authority;
  /** 32 hexadecimal digits. */
  readonly bootId: string;
}

/** io.systemd.Machine over a registry. Terminals, mounts, copies and scope units are not there yet: NotSupported. */
export function machineInterface(services: MachineServices): Implementation {
  const { registry, operations, processes, metadata, authority, bootId } = services;
  const choose = (parameters: MachineParameters, call: Call): Machine =>
    findMachine(registry, processes, readMachineQuery(parameters, call));
  const chooseForPaths = (parameters: PathParameters, call: Call): Machine => {
    parseNormalizedPath(parameters.source, 'source');
    if (typeof parameters.destination === 'string') parseNormalizedPath(parameters.destination, 'destination');
    return choose(parameters, call);
  };

  return implement(description, {
    Register: (parameters, call) =>
      answering(async () => {
        const request = readRegistration(parameters);
        const caller = callerOf(call, parameters);
        const adding =
          parameters.allocateUnit === true
            ? operations.create(request, [], caller)
            : operations.register(request, caller);
        await adding.catch((error) => Promise.reject(registrationError(error, parameters)));
        return {};
      }),

    Unregister: (parameters, call) =>
      answering(async () => {
        const machine = choose(parameters, call);
        await operations.unregister(machine, callerOf(call, parameters));
        return {};
      }),

    Terminate: (parameters, call) =>
      answering(async () => {
        const machine = choose(parameters, call);
        await operations.terminate(machine, callerOf(call, parameters));
        return {};
      }),

    Kill: (parameters, call) =>
      answering(async () => {
        const signal = parseSignal(parameters.signal, 'signal');
        const machine = choose(parameters, call);
        const caller = callerOf(call, parameters);
        await operations.kill(machine, parameters.whom ?? 'all', signal, caller);
        return {};
      }),

    List: (parameters, call) => {
      const acquire = parameters.acquireMetadata ?? 'no';
      const reply = (machine: Machine): Promise<MachineReply> => listReply(machine, acquire, metadata, bootId);
      const mayInspect = async (): Promise<void> => {
        if (acquire !== 'no') await authority.authorize('inspect-machine', callerOf(call, parameters));
      };
      if (typeof parameters.name === 'string' || parameters.pid) {
        return answering(async () => {
          await mayInspect();
          return reply(choose(parameters, call));
        });
      }
      return call.more
        ? streaming(async () => {
            await mayInspect();
            return listAll(registry, reply);
          })
        : expectedMore();
    },

    MapFrom: (parameters, call) => answering(() => mapFrom(choose(parameters, call), readIds(parameters))),

    MapTo: (parameters) =>
      answering(() => {
        const { machine, ...ids } = mapTo(registry, readIds(parameters));
        return { ...ids, machineName: machine.name };
      }),

    Open: (parameters, call) => answering(() => notSupported(choose(parameters, call))),
    OpenRootDirectory: (parameters, call) => answering(() => notSupported(choose(parameters, call))),
    BindMount: (parameters, call) => answering(() => notSupported(chooseForPaths(parameters, call))),
    CopyFrom: (parameters, call) => answering(() => notSupported(chooseForPaths(parameters, call))),
    CopyTo: (parameters, call) => answering(() => notSupported(chooseForPaths(parameters, call))),
  });
}

type PathParameters = Methods['CopyTo']['parameters'];

function notSupported(machine: Machine): never {
  throw new MachineError('not-supported', `this cannot be done to machine ${machine.name} yet`);
}

/** Errors of the domain become those of the interface. */
async function answering<Reply>(answer: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await answer();
  } catch (error) {
    throw wireError(error);
  }
}

/** The same for an answer of several replies. */
async function* streaming<Reply>(
  answer: () => Promise<AsyncGenerator<Reply, Reply, void>>,
): AsyncGenerator<Reply, Reply, void> {
  try {
    return yield* await answer();
  } catch (error) {
    throw wireError(error);
  }
}
