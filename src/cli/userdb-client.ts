import { description } from '../frontends/userdb/io.systemd.UserDatabase.ts';
import { type VarlinkClient, VarlinkError } from '../varlink/index.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { explain, nobodyAnswers, tryConnect } from './connection.ts';
import { chosenServices } from './runtime-option.ts';

/** Which record is asked for. */
export type RecordKey =
  | { readonly method: 'GetUserRecord'; readonly uid?: number; readonly userName?: string }
  | { readonly method: 'GetGroupRecord'; readonly gid?: number; readonly groupName?: string };

/**
 * Asks for a user or group record; undefined when there is none. Beside systemd-machined each of the two gives what the
 * other does not.
 */
export async function findRecord(
  values: Arguments['values'],
  context: Context,
  key: RecordKey,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const services = chosenServices(values, context);
  let answered = false;
  for (const { userdbSocket, service } of services) {
    const client = await tryConnect(userdbSocket);
    if (client === undefined) continue;
    answered = true;
    const record = await askFor(client, key, service);
    if (record !== undefined) return record;
  }
  if (answered) return undefined;
  throw nobodyAnswers(services.map(({ userdbSocket }) => userdbSocket));
}

/** Hangs up when it is done. */
async function askFor(
  client: VarlinkClient,
  { method, ...key }: RecordKey,
  service: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { record } = await client.use(description).call(method, { ...key, service });
    return record;
  } catch (error) {
    if (error instanceof VarlinkError && notThere.includes(error.error)) return undefined;
    throw explain(error, '');
  } finally {
    client.close();
  }
}

/** What is no name of a user at all is nobody's either. */
const notThere = ['io.systemd.UserDatabase.NoRecordFound', 'org.varlink.service.InvalidParameter'];
