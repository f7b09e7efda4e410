import { getSystemErrorMap } from 'node:util';
import { besideService, type ServiceName } from '../machine/runtime-directory.ts';
import { ConnectionError, VarlinkClient, VarlinkError } from '../varlink/index.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { NotFoundError } from './failures.ts';
import { chosenServices } from './runtime-option.ts';

/** Milliseconds that the daemon may take for one answer. */
export const TIMEOUT = 25_000;

/** A connection to a daemon, and which service's it is. */
export interface Connection {
  readonly client: VarlinkClient;
  readonly service: ServiceName;
  /** The runtime directory that it is in. */
  readonly directory: string;
}

/**
 * Connects to the first of the services that are looked for that answers; throws an error that says what to do when
 * none does.
 */
export async function connect(
  values: Arguments['values'],
  context: Context,
  socket: 'machineSocket' | 'hookSocket',
): Promise<Connection> {
  const services = chosenServices(values, context);
  for (const paths of services) {
    const client = await tryConnect(paths[socket]);
    if (client !== undefined) return { client, service: paths.service, directory: paths.directory };
  }
  throw nobodyAnswers(services.map((paths) => paths[socket]));
}

/** Undefined when nobody answers there. */
export async function tryConnect(path: string): Promise<VarlinkClient | undefined> {
  try {
    return await VarlinkClient.connect(path, { signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return undefined;
  }
}

/** What to tell who wanted to be answered at one of these. */
export function nobodyAnswers(paths: readonly string[]): Error {
  return new Error(`nobody answers at ${paths.join(' or ')}: is 'mymachines serve' running?`);
}

/** `ENOENT, no such file or directory`. */
function systemErrorText({ errno, errnoName }: Readonly<Record<string, unknown>>): string {
  const [, words] = getSystemErrorMap().get(-Number(errno)) ?? [];
  return words === undefined ? String(errnoName) : `${String(errnoName)}, ${words}`;
}

/** What a refusal means to a person, who asked that service; other errors stay as they are. */
export function explain(error: unknown, name: string, service?: ServiceName): unknown {
  if (!(error instanceof VarlinkError)) return error;
  const { error: code, parameters } = error;
  const noSuchMachine = (): Error => new NotFoundError(`No machine '${name}' known.`);
  const known: Readonly<Record<string, () => Error>> = {
    'io.systemd.Machine.NoSuchMachine': noSuchMachine,
    'io.github.mymachines.Registry.NoSuchMachine': noSuchMachine,
    'io.systemd.Machine.MachineExists': () => new Error(`There is a machine '${name}' already.`),
    'io.systemd.Machine.NotSupported': () =>
      new Error(
        service === besideService
          ? `mymachines only looks on at what systemd-machined does with '${name}': ask that, with machinectl.`
          : `This cannot be done with machine '${name}'.`,
      ),
    'org.varlink.service.PermissionDenied': () => new Error('Permission denied.'),
    'io.systemd.InteractiveAuthenticationRequired': () => new Error('Permission denied.'),
    'org.varlink.service.InterfaceNotFound': () => new Error('The service is another one, and cannot do this.'),
    'org.varlink.service.InvalidParameter': () =>
      new Error(`The service refuses '${String(parameters['parameter'])}'.`),
    'io.systemd.System': () => new Error(`The service failed: ${systemErrorText(parameters)}.`),
  };
  return known[code]?.() ?? error;
}
