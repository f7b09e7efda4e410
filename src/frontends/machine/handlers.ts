import type { Authority } from '../../machine/authorize.ts';
import type { InsideOperations } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineMetadata, MachineOperations, ProcessFinder } from '../../machine/operations.ts';
import { parseSignal } from '../../machine/registration-rules.ts';
import type { Registry } from '../../machine/registry.ts';
import { mapFrom, mapTo } from '../../resolver/id-mapping.ts';
import { findMachine } from '../../resolver/machines.ts';
import { type Call, expectedMore, type Implementation, implementLater } from '../../varlink/index.ts';
import { answering } from './answering.ts';
import { callerOf } from './caller.ts';
import type { MachineReply } from './encode.ts';
import { wireError } from './errors.ts';
import { insideHandlers } from './inside.ts';
import { description } from './io.systemd.Machine.ts';
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
  readonly inside: InsideOperations;
  /** 32 hexadecimal digits. */
  readonly bootId: string;
}

/** io.systemd.Machine over a registry. */
export function machineInterface(services: MachineServices): Implementation {
  const { registry, operations, processes, metadata, authority, inside, bootId } = services;
  const choose = (parameters: MachineParameters, call: Call): Machine =>
    findMachine(registry, processes, readMachineQuery(parameters, call));

  return implementLater(description, {
    Register: (parameters, call) =>
      answering(async () => {
        const request = readRegistration(parameters);
        const caller = callerOf(call, parameters);
        const adding =
          parameters.allocateUnit === true
            ? operations.create(request, [], caller)
            : operations.register(request, caller, () => call.answer({}));
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
        if (acquire === 'no') return;
        const details = typeof parameters.name === 'string' ? { name: parameters.name } : {};
        await authority.authorize('inspect-machine', callerOf(call, parameters), undefined, details);
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

    ...insideHandlers(inside, choose),
  });
}

/** As `answering`, for an answer of several replies. */
async function* streaming<Reply>(
  answer: () => Promise<AsyncGenerator<Reply, Reply, void>>,
): AsyncGenerator<Reply, Reply, void> {
  try {
    return yield* await answer();
  } catch (error) {
    throw wireError(error);
  }
}
