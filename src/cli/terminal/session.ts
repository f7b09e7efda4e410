import { closeSync } from 'node:fs';
import { description, type Methods } from '../../frontends/machine/io.systemd.Machine.ts';
import { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import { connectUnix } from '../../linux/unix-connect.ts';
import type { ServiceName } from '../../machine/runtime-directory.ts';
import { type InterfaceClient, ProtocolError, VarlinkClient, VarlinkError } from '../../varlink/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Context } from '../command.ts';
import { explain, nobodyAnswers, TIMEOUT } from '../connection.ts';
import { chosenServices } from '../runtime-option.ts';
import { forward, type SessionEnd } from './forward.ts';

/** What is to be opened on a terminal of which machine. */
export type OpenParameters = Methods['Open']['parameters'] & { readonly name: string };

/**
 * Opens a terminal of a machine and sits down at it until it ends. A shell's ends with its programs; one with a login
 * prompt has another one after that, until its machine ends.
 * @throws Error that says what is in the way
 */
export async function sit(
  values: Arguments['values'],
  context: Context,
  parameters: OpenParameters,
  opened: () => void,
): Promise<SessionEnd> {
  const loop = new EventLoop();
  try {
    const { client, service } = connectPassing(loop, values, context);
    try {
      const machine = client.use(description);
      const terminal = await openTerminal(machine, parameters, service);
      opened();
      const seat = { input: process.stdin, output: process.stdout };
      return await forward(loop, terminal, seat, async (hadOutput) => {
        if (parameters.mode === 'login' && (await isThere(machine, parameters.name))) return Number.POSITIVE_INFINITY;
        return hadOutput ? REOPENED : OPENED;
      });
    } finally {
      client.close();
    }
  } finally {
    // What was closed is told in the next round.
    setImmediate(() => loop.close());
  }
}

/**
 * Milliseconds for which nobody may have a terminal open, before and after its first output, until its session is over:
 * systemd closes and opens it again when it starts a shell.
 */
const OPENED = 1000;
const REOPENED = 250;

/** A connection over which descriptors pass, which those of node:net cannot. */
function connectPassing(
  loop: EventLoop,
  values: Arguments['values'],
  context: Context,
): { readonly client: VarlinkClient; readonly service: ServiceName } {
  const services = chosenServices(values, context);
  for (const { machineSocket: path, service } of services) {
    try {
      return { client: new VarlinkClient(connectUnix(loop, { path })), service };
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  throw nobodyAnswers(services.map(({ machineSocket }) => machineSocket));
}

async function openTerminal(
  machine: InterfaceClient<Methods>,
  parameters: OpenParameters,
  service: ServiceName,
): Promise<number> {
  const taken: number[] = [];
  try {
    const take = (descriptors: readonly number[]): void => void taken.push(...descriptors);
    const { ptyFileDescriptor } = await machine.call('Open', parameters, { take, timeout: PATIENCE });
    const [terminal] = taken.splice(ptyFileDescriptor, 1);
    if (terminal === undefined) throw new ProtocolError('the service sent no terminal');
    return terminal;
  } catch (error) {
    throw explain(error, parameters.name, service);
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}

/** Milliseconds: somebody may be asked for a password meanwhile. */
const PATIENCE = 5 * 60_000;

/** Whether a machine is there; yes, while nobody can tell. */
async function isThere(machine: InterfaceClient<Methods>, name: string): Promise<boolean> {
  try {
    await machine.call('List', { name }, { timeout: TIMEOUT });
    return true;
  } catch (error) {
    return !(error instanceof VarlinkError && error.error === 'io.systemd.Machine.NoSuchMachine');
  }
}
