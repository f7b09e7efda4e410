import {
  type Methods as MachineMethods,
  description as machineDescription,
} from '../frontends/machine/io.systemd.Machine.ts';
import { ConnectionError, type InterfaceClient, VarlinkClient, VarlinkError } from '../varlink/index.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { NotFoundError } from './failures.ts';
import { chosenPaths } from './runtime-option.ts';

/** What List tells of a machine. */
export type MachineReply = MachineMethods['List']['reply'];
/** What Register takes. */
export type RegisterParameters = MachineMethods['Register']['parameters'];

/** io.systemd.Machine of a running daemon. */
export type RegistryClient = InterfaceClient<MachineMethods>;

/** Milliseconds that the daemon may take for one answer. */
const TIMEOUT = 25_000;

/** Connects to the registry of the chosen runtime directory, and hangs up when `use` is done. */
export async function withRegistry<T>(
  values: Arguments['values'],
  context: Context,
  use: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const { machineSocket } = chosenPaths(values, context);
  const client = await connect(machineSocket);
  try {
    return await use(client.use(machineDescription));
  } finally {
    client.close();
  }
}

/** A connection, or an error that says what to do about it. */
export async function connect(path: string): Promise<VarlinkClient> {
  try {
    return await VarlinkClient.connect(path, { signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    throw new Error(`nobody answers at ${path}: is 'mymachines serve' running?`, { cause: error });
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

/** What a refusal means to a person; other errors stay as they are. */
export function explain(error: unknown, name: string): unknown {
  if (!(error instanceof VarlinkError)) return error;
  const { error: code, parameters } = error;
  const known: Readonly<Record<string, () => Error>> = {
    'io.systemd.Machine.NoSuchMachine': () => new NotFoundError(`No machine '${name}' known.`),
    'io.systemd.Machine.MachineExists': () => new Error(`There is a machine '${name}' already.`),
    'io.systemd.Machine.NotSupported': () => new Error(`This cannot be done with machine '${name}'.`),
    'org.varlink.service.PermissionDenied': () => new Error('Permission denied.'),
    'org.varlink.service.InvalidParameter': () =>
      new Error(`The service refuses '${String(parameters['parameter'])}'.`),
    'io.systemd.System': () => new Error(`The service failed: ${String(parameters['errnoName'])}.`),
  };
  return known[code]?.() ?? error;
}

function isDenied(error: unknown): boolean {
  const denials = ['org.varlink.service.PermissionDenied', 'io.systemd.InteractiveAuthenticationRequired'];
  return error instanceof VarlinkError && denials.includes(error.error);
}

async function collect(client: RegistryClient, acquireMetadata: 'graceful' | 'no'): Promise<MachineReply[]> {
  const machines: MachineReply[] = [];
  for await (const machine of client.stream('List', { acquireMetadata }, { timeout: TIMEOUT })) machines.push(machine);
  return machines;
}
