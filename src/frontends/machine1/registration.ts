import type { MethodCall } from '../../dbus/call.ts';
import type { Implementation } from '../../dbus/objects/interface.ts';
import type { RegistrationRequest } from '../../machine/operations.ts';
import { doing } from './answering.ts';
import type { Subject } from './errors.ts';
import type { description } from './org.freedesktop.machine1.Manager.ts';
import { type RegistrationArguments, readRegistration, readScopeProperties } from './parameters.ts';
import { machinePath } from './paths.ts';
import { readExtendedRegistration } from './registration-properties.ts';
import type { Machine1Services } from './services.ts';

type Methods = Implementation<typeof description>['methods'];
type ScopeArgument = Parameters<typeof readScopeProperties>[0];

/** The methods of Manager by which machines become known, with a scope unit made for them (Create) or without. */
export function registrationMethods({
  operations,
  processes,
}: Machine1Services): Pick<Methods, Extract<keyof Methods, `${'Create' | 'Register'}${string}`>> {
  const register = (request: RegistrationRequest, call: MethodCall): Promise<{ path: string }> =>
    doing(about(request), call, async (caller) => ({
      path: machinePath((await operations.register(request, caller)).name),
    }));
  const create = (request: RegistrationRequest, given: ScopeArgument, call: MethodCall): Promise<{ path: string }> => {
    const scope = readScopeProperties(given);
    return doing(about(request), call, async (caller) => ({
      path: machinePath((await operations.create(request, scope, caller)).name),
    }));
  };
  const createArguments = (given: RegistrationArguments & { scope_properties: ScopeArgument }, call: MethodCall) =>
    create(readRegistration(given), given.scope_properties, call);
  return {
    CreateMachine: createArguments,
    CreateMachineWithNetwork: createArguments,
    CreateMachineEx: (given, call) => create(readExtendedRegistration(given, processes), given.scope_properties, call),
    RegisterMachine: (given, call) => register(readRegistration(given), call),
    RegisterMachineWithNetwork: (given, call) => register(readRegistration(given), call),
    RegisterMachineEx: (given, call) => register(readExtendedRegistration(given, processes), call),
  };
}

function about({ name, leader }: RegistrationRequest): Subject {
  return { name, ...(leader !== undefined && { leader }) };
}
