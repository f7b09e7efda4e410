import { description as machineDescription } from '../frontends/machine/io.systemd.Machine.ts';
import {
  type Methods,
  description as registryDescription,
} from '../frontends/registry/io.github.mymachines.Registry.ts';
import { type VarlinkClient, VarlinkError } from '../varlink/index.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { connect, explain } from './connection.ts';
import { measure } from './measure.ts';
import type { ProgressLine } from './progress-line.ts';

/** What is to be copied. */
export type CopyParameters = Methods['Copy']['parameters'];

/**
 * Has the service copy files, however long it takes. Where somebody looks on, and the service is ours, it is asked how far
 * it has got; systemd-machined tells only that it is done.
 * @throws Error that says what is in the way
 */
export async function copyFiles(
  values: Arguments['values'],
  context: Context,
  parameters: CopyParameters,
  line: ProgressLine | undefined,
): Promise<void> {
  const { client, service } = await connect(values, context, 'machineSocket');
  const over = new AbortController();
  try {
    if (line !== undefined && (await followed(client, parameters, line, over.signal))) return;
    const { direction, ...others } = parameters;
    await client.use(machineDescription).call(direction === 'to' ? 'CopyTo' : 'CopyFrom', others);
  } catch (error) {
    throw explain(error, parameters.name, service);
  } finally {
    over.abort();
    client.close();
  }
}

/** False when the service cannot tell how far it has got, and has copied nothing. */
async function followed(
  client: VarlinkClient,
  parameters: CopyParameters,
  line: ProgressLine,
  over: AbortSignal,
): Promise<boolean> {
  try {
    // How much there is in the machine only the service can see.
    if (parameters.direction === 'to') {
      void measure(parameters.source, over).then((total) => line.update({ total }));
    }
    for await (const { bytes, files } of client.use(registryDescription).stream('Copy', parameters)) {
      line.update({ bytes, files });
    }
    return true;
  } catch (error) {
    if (error instanceof VarlinkError && UNKNOWN.includes(error.error)) return false;
    throw error;
  }
}

const UNKNOWN = ['org.varlink.service.MethodNotFound', 'org.varlink.service.InterfaceNotFound'];
