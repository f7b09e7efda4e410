import { descriptorsIn } from '../../dbus/codec/body-encoder.ts';
import { parseMachineName } from '../../machine/machine-name.ts';
import type { KillWhom, ProcessClaim, RegistrationRequest, ScopeProperty } from '../../machine/operations.ts';
import {
  parseInterfaces,
  parseKillWhom,
  parseMachineIdBytes,
  parsePid,
  parseRegisteredClass,
  parseRootDirectory,
  parseService,
  parseSignal,
} from '../../machine/registration-rules.ts';
import { invalidArguments, worded } from './errors.ts';

/** The fields of a registration, each as its rule lets it through, told of in systemd's words when it does not. */
export const readField = {
  name: (text: string): RegistrationRequest['name'] => worded('Invalid machine name', () => parseMachineName(text)),
  id: (bytes: Uint8Array): string | undefined =>
    worded('Invalid machine ID parameter', () => parseMachineIdBytes(bytes, 'id')),
  service: (text: string): string | undefined =>
    text === '' ? undefined : worded('Invalid service parameter', () => parseService(text, 'service')),
  class: (text: string): RegistrationRequest['class'] =>
    worded('Invalid machine class parameter', () => parseRegisteredClass(text, 'class')),
  /** The number 0 is the caller itself, told by leaving the leader out. */
  leader: (pid: number): ProcessClaim | undefined =>
    pid === 0 ? undefined : worded('Invalid leader PID', () => ({ pid: parsePid(pid, 'leader') })),
  rootDirectory: (path: string): string | undefined =>
    worded('Root directory must be empty or an absolute path', () => parseRootDirectory(path, 'root_directory')),
  interfaces: (indices: readonly number[]): readonly number[] => {
    for (const index of indices) {
      worded(`Invalid network interface index ${index}`, () => parseInterfaces([index], 'ifindices'));
    }
    return indices;
  },
};

/** The arguments that CreateMachine, RegisterMachine and their variants with a network have. */
export interface RegistrationArguments {
  readonly name: string;
  readonly id: Uint8Array;
  readonly service: string;
  readonly class: string;
  readonly leader: number;
  readonly root_directory: string;
  readonly ifindices?: readonly number[];
}

/** @throws DBusError InvalidArgs */
export function readRegistration(given: RegistrationArguments): RegistrationRequest {
  const interfaces = readField.interfaces(given.ifindices ?? []);
  const name = readField.name(given.name);
  const id = readField.id(given.id);
  const service = readField.service(given.service);
  const machineClass = readField.class(given.class);
  const leader = readField.leader(given.leader);
  const rootDirectory = readField.rootDirectory(given.root_directory);
  return {
    name,
    ...(id !== undefined && { id }),
    ...(service !== undefined && { service }),
    class: machineClass,
    ...(leader !== undefined && { leader }),
    ...(rootDirectory !== undefined && { rootDirectory }),
    interfaces,
  };
}

/**
 * Properties of a scope unit, which only the service manager reads. No property of a scope that a caller would set
 * takes a descriptor.
 * @throws DBusError InvalidArgs
 */
export function readScopeProperties(
  given: readonly (readonly [string, { readonly signature: string; readonly value: unknown }])[],
): readonly ScopeProperty[] {
  return given.map(([name, { signature, value }]) => {
    if (descriptorsIn(signature, [value]).length > 0) {
      throw invalidArguments(`Scope property '${name}' has a descriptor in it`);
    }
    return [name, { signature, value }];
  });
}

/** @throws DBusError InvalidArgs */
export function readKill({ whom, signal }: { readonly whom: string; readonly signal: number }): {
  readonly whom: KillWhom;
  readonly signal: number;
} {
  return {
    whom: worded(`Invalid kill parameter '${whom}'`, () => parseKillWhom(whom, 'whom')),
    signal: worded(`Invalid signal ${signal}`, () => parseSignal(signal, 'signal')),
  };
}
