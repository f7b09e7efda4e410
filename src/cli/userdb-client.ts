import { serviceName } from '../frontends/userdb/encode.ts';
import { description } from '../frontends/userdb/io.systemd.UserDatabase.ts';
import { VarlinkError } from '../varlink/index.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';
import { connect, explain } from './connection.ts';
import { chosenPaths } from './runtime-option.ts';

/** Which record is asked for. */
export type RecordKey =
  | { readonly method: 'GetUserRecord'; readonly uid?: number; readonly userName?: string }
  | { readonly method: 'GetGroupRecord'; readonly gid?: number; readonly groupName?: string };

/** Asks the daemon for a user or group record; undefined when there is none. */
export async function findRecord(
  values: Arguments['values'],
  context: Context,
  { method, ...key }: RecordKey,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const client = await connect(chosenPaths(values, context).userdbSocket);
  try {
    const { record } = await client.use(description).call(method, { ...key, service: serviceName });
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
