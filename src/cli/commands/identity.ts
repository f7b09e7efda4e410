import { jsonMode, outputOptions, parseNumber } from '../arguments.ts';
import type { Command } from '../command.ts';
import { NotFoundError } from '../failures.ts';
import { printFields, printJson } from '../output.ts';
import { findRecord, type RecordKey } from '../userdb-client.ts';

/** `mymachines user NAME|UID`: io.systemd.UserDatabase.GetUserRecord. */
export const user: Command = identityCommand('user', 'UID', userKey, (record) => [
  ['User name', text(record['userName'])],
  ['UID', text(record['uid'])],
  ['GID', text(record['gid'])],
  ['Real name', text(record['realName'])],
  ['Directory', text(record['homeDirectory'])],
  ['Shell', text(record['shell'])],
  ['Locked', record['locked'] === true ? 'yes' : 'no'],
  ['Disposition', text(record['disposition'])],
  ['Service', text(record['service'])],
]);

/** `mymachines group NAME|GID`: io.systemd.UserDatabase.GetGroupRecord. */
export const group: Command = identityCommand('group', 'GID', groupKey, (record) => [
  ['Group name', text(record['groupName'])],
  ['GID', text(record['gid'])],
  ['Description', text(record['description'])],
  ['Disposition', text(record['disposition'])],
  ['Service', text(record['service'])],
]);

function userKey(asked: string | number): RecordKey {
  return { method: 'GetUserRecord', ...(typeof asked === 'number' ? { uid: asked } : { userName: asked }) };
}

function groupKey(asked: string | number): RecordKey {
  return { method: 'GetGroupRecord', ...(typeof asked === 'number' ? { gid: asked } : { groupName: asked }) };
}

function identityCommand(
  what: string,
  idName: string,
  key: (asked: string | number) => RecordKey,
  fields: (record: Readonly<Record<string, unknown>>) => (readonly [string, string | undefined])[],
): Command {
  return {
    synopsis: `NAME|${idName}`,
    summary: `Shows a ${what} of a machine, by name or number.`,
    options: outputOptions,
    operands: [1, 1],
    async run({ operands, values }, context) {
      const [asked = ''] = operands;
      const mode = jsonMode(values);
      const wanted = /^\d+$/.test(asked) ? parseNumber(asked, idName, 0, 0xffff_fffe) : asked;
      const record = await findRecord(values, context, key(wanted));
      if (record === undefined) throw new NotFoundError(`There is no ${what} '${asked}'.`);
      if (mode === 'off') printFields(context.output, fields(record));
      else printJson(context.output, record, mode);
      return 0;
    },
  };
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
