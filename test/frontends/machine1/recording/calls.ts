import type { Asked, Asker, JsonValue } from './exchange.ts';

const service = 'org.freedesktop.machine1';
const managerPath = '/org/freedesktop/machine1';

/** Calls of one asker. */
export interface Calls {
  /** A method of Manager. */
  manager(member: string, signature?: string, ...body: readonly JsonValue[]): Asked;
  /** A method of Machine, of the object with this last path element. */
  machine(element: string, member: string, signature?: string, ...body: readonly JsonValue[]): Asked;
  /** All properties of Manager, or of the machine with this last path element. */
  properties(element?: string): Asked;
  property(element: string, name: string): Asked;
}

export function callsOf(as: Asker): Calls {
  const call = (
    path: string,
    from: string,
    member: string,
    signature = '',
    body: readonly JsonValue[] = [],
  ): Asked => ({
    as,
    path,
    interface: from,
    member,
    ...(signature === '' ? {} : { signature, body }),
  });
  const properties = 'org.freedesktop.DBus.Properties';
  return {
    manager: (member, signature, ...body) => call(managerPath, `${service}.Manager`, member, signature, body),
    machine: (element, member, signature, ...body) =>
      call(`${managerPath}/machine/${element}`, `${service}.Machine`, member, signature, body),
    properties: (element) =>
      element === undefined
        ? call(managerPath, properties, 'GetAll', 's', [`${service}.Manager`])
        : call(`${managerPath}/machine/${element}`, properties, 'GetAll', 's', [`${service}.Machine`]),
    property: (element, name) =>
      call(`${managerPath}/machine/${element}`, properties, 'Get', 'ss', [`${service}.Machine`, name]),
  };
}

/** A property of a registration. */
export function given(name: string, signature: string, value: JsonValue): JsonValue {
  return [name, { signature, value }];
}

/** The leader as RegisterMachineEx has it: both numbers of a process that is known by a name. */
export function leader(process: string): JsonValue[] {
  return [given('LeaderPID', 'u', `«${process}.pid»`), given('LeaderPIDFDID', 't', `«${process}.pidfdId»`)];
}
