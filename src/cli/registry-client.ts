import {
  type Methods as MachineMethods,
  description as machineDescription,
} from '../frontends/machine/io.systemd.Machine.ts';
import type { ServiceName } from '../machine/runtime-directory.ts';
import { type InterfaceClient, VarlinkError } from '../varlink/index.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { connect, explain, TIMEOUT } from './connection.ts';

/** What List tells of a machine. */
export type MachineReply = MachineMethods['List']['reply'];
/** What Register takes. */
export type RegisterParameters = MachineMethods['Register']['parameters'];

/** io.systemd.Machine of a running daemon. */
export type RegistryClient = InterfaceClient<MachineMethods>;

/** Connects to the registry of the chosen runtime directory, and hangs up when `use` is done. */
export async function withRegistry<T>(
  values: Arguments['values'],
  context: Context,
  use: (client: RegistryClient, service: ServiceName) => Promise<T>,
): Promise<T> {
  const { client, service } = await connect(values, context, 'machineSocket');
  try {
    return await use(client.use(machineDescription), service);
  } finally {
    client.close();
  }
}

/** All machines, with metadata where they may be had. */
export async function listMachines(client: RegistryClient): Promise<MachineReply[]> {
  try {
    return await collect(client, 'graceful');
  } catch (error) {
    // Addresses and the like are not for everybody; who is there is.
    if (!isDenied(error)) throw error;
    return collect(client, 'no');
  }
}

/** One machine, with metadata where they may be had. @throws NotFoundError */
export async function findMachine(client: RegistryClient, name: string): Promise<MachineReply> {
  const find = (acquireMetadata: 'graceful' | 'no'): Promise<MachineReply> =>
    client.call('List', { name, acquireMetadata }, { timeout: TIMEOUT });
  try {
    return await find('graceful').catch((error) => (isDenied(error) ? find('no') : Promise.reject(error)));
  } catch (error) {
    throw explain(error, name);
  }
}

/** Whether the caller may not have what it asked for, and may have less. */
export function isDenied(error: unknown): boolean {
  const denials = ['org.varlink.service.PermissionDenied', 'io.systemd.InteractiveAuthenticationRequired'];
  return error instanceof VarlinkError && denials.includes(error.error);
}

async function collect(client: RegistryClient, acquireMetadata: 'graceful' | 'no'): Promise<MachineReply[]> {
  const machines: MachineReply[] = [];
  for await (const machine of client.stream('List', { acquireMetadata }, { timeout: TIMEOUT })) machines.push(machine);
  return machines;
}
