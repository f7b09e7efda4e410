import { ConnectionError, VarlinkClient, VarlinkError } from '../varlink/index.ts';
import { NotFoundError } from './failures.ts';

/** Milliseconds that the daemon may take for one answer. */
export const TIMEOUT = 25_000;

/** A connection, or an error that says what to do about it. */
export async function connect(path: string): Promise<VarlinkClient> {
  try {
    return await VarlinkClient.connect(path, { signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    throw new Error(`nobody answers at ${path}: is 'mymachines serve' running?`, { cause: error });
  }
}

/** What a refusal means to a person; other errors stay as they are. */
export function explain(error: unknown, name: string): unknown {
  if (!(error instanceof VarlinkError)) return error;
  const { error: code, parameters } = error;
  const noSuchMachine = (): Error => new NotFoundError(`No machine '${name}' known.`);
  const known: Readonly<Record<string, () => Error>> = {
    'io.systemd.Machine.NoSuchMachine': noSuchMachine,
    'io.github.mymachines.Registry.NoSuchMachine': noSuchMachine,
    'io.systemd.Machine.MachineExists': () => new Error(`There is a machine '${name}' already.`),
    'io.systemd.Machine.NotSupported': () => new Error(`This cannot be done with machine '${name}'.`),
    'org.varlink.service.PermissionDenied': () => new Error('Permission denied.'),
    'io.systemd.InteractiveAuthenticationRequired': () => new Error('Permission denied.'),
    'org.varlink.service.InterfaceNotFound': () => new Error('The service is another one, and cannot do this.'),
    'org.varlink.service.InvalidParameter': () =>
      new Error(`The service refuses '${String(parameters['parameter'])}'.`),
    'io.systemd.System': () => new Error(`The service failed: ${String(parameters['errnoName'])}.`),
  };
  return known[code]?.() ?? error;
}
