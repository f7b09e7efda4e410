import { closeSync } from 'node:fs';
import type { MethodCall } from './call.ts';
import { DBusError } from './errors.ts';

/**
 * Lets root pass, and the user that this service runs as (sd-bus's rule for what is not marked as unprivileged).
 * @param what is called or written, as in `org.example.Clock.Adjust`
 * @throws DBusError AccessDenied for anybody else
 */
export async function requirePrivilege(call: MethodCall, what: string, ownUid: number): Promise<void> {
  const { uid, pidfd } = await call.credentials();
  if (pidfd !== undefined) closeSync(pidfd);
  if (uid === 0 || uid === ownUid) return;
  throw new DBusError('org.freedesktop.DBus.Error.AccessDenied', `Access to ${what}() not permitted.`);
}
