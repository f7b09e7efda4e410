import { MachineError } from '../../machine/errors.ts';
import type { CopyRequest, InsideOperations, OpenedTerminal } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Caller } from '../../machine/operations.ts';
import type { Call, Handlers } from '../../varlink/index.ts';
import { answering } from './answering.ts';
import { type CallerParameters, callerOf } from './caller.ts';
import { readPaths, readShell } from './inside-parameters.ts';
import type { Methods } from './io.systemd.Machine.ts';
import type { MachineParameters } from './parameters.ts';

type InsideHandlers = Pick<Handlers<Methods>, 'Open' | 'OpenRootDirectory' | 'BindMount' | 'CopyFrom' | 'CopyTo'>;

/**
 * The methods of io.systemd.Machine that do something inside of a machine. Whoever calls is told what is wrong with the
 * parameters first, then whether there is such a machine, and then whether it is allowed.
 * @param choose the machine that parameters are about; throws a MachineError where there is none
 */
export function insideHandlers(
  inside: InsideOperations,
  choose: (parameters: MachineParameters, call: Call) => Machine,
): InsideHandlers {
  const chooseContainer = (parameters: MachineParameters, call: Call): Machine => {
    const machine = choose(parameters, call);
    if (machine.class === 'container') return machine;
    throw new MachineError('not-supported', `machine ${machine.name} is no container`);
  };
  const copy = (direction: CopyRequest['direction'], parameters: Methods['CopyTo']['parameters'], call: Call) =>
    answering(async () => {
      const request = { direction, ...readPaths(parameters), replace: parameters.replace === true };
      await inside.copy(chooseContainer(parameters, call), request, callerOf(call, parameters));
      return {};
    });

  return {
    Open: (parameters, call) =>
      answering(async () => {
        const { descriptor, path } = await openTerminal(inside, parameters, choose, call);
        return { ptyFileDescriptor: call.pass(descriptor), ptyPath: path };
      }),

    OpenRootDirectory: (parameters, call) =>
      answering(async () => {
        const machine = choose(parameters, call);
        return { fileDescriptor: call.pass(await inside.openRootDirectory(machine, callerOf(call, parameters))) };
      }),

    BindMount: (parameters, call) =>
      answering(async () => {
        const { readOnly, mkdir } = parameters;
        const request = { ...readPaths(parameters), readOnly: readOnly === true, mkdir: mkdir === true };
        await inside.bindMount(chooseContainer(parameters, call), request, callerOf(call, parameters));
        return {};
      }),

    CopyFrom: (parameters, call) => copy('from', parameters, call),
    CopyTo: (parameters, call) => copy('to', parameters, call),
  };
}

function openTerminal(
  inside: InsideOperations,
  parameters: Methods['Open']['parameters'] & CallerParameters,
  choose: (parameters: MachineParameters, call: Call) => Machine,
  call: Call,
): Promise<OpenedTerminal> {
  const request = readShell(parameters);
  const machine = choose(parameters, call);
  const caller: Caller = callerOf(call, parameters);
  switch (parameters.mode) {
    case 'tty':
      return inside.openTerminal(machine, caller);
    case 'login':
      return inside.openLogin(machine, caller);
    case 'shell':
      return inside.openShell(machine, request, caller);
  }
}
