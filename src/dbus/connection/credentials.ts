import type { Credentials } from '../call.ts';
import { DBusError, ERROR_FAILED } from '../errors.ts';
import type { AnyVariant } from '../values.ts';
import { closeDescriptors } from './descriptor-queue.ts';

/**
 * Reads what org.freedesktop.DBus.GetConnectionCredentials answers. What the bus does not know is not in it; a user it
 * must know, or there is nobody to decide about: then a {@link DBusError} is thrown.
 */
export function readCredentials(answer: ReadonlyMap<string, AnyVariant>): Credentials {
  const number = (key: string, type: string): number | undefined => {
    const value = answer.get(key);
    return value?.signature === type ? (value.value as number) : undefined;
  };
  const pidfd = number('ProcessFD', 'h');
  const uid = number('UnixUserID', 'u');
  if (uid === undefined) {
    if (pidfd !== undefined) closeDescriptors([pidfd]);
    throw new DBusError(ERROR_FAILED, 'the bus does not tell whose connection it is');
  }
  const groups = answer.get('UnixGroupIDs');
  const gids = groups?.signature === 'au' ? (groups.value as readonly number[]) : [];
  return {
    uid,
    // The primary group is among them, but they are sorted: which one it is is known when there is no other.
    gid: gids.length === 1 ? gids[0] : undefined,
    pid: number('ProcessID', 'u'),
    pidfd,
  };
}
