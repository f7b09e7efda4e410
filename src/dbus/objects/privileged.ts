import type { MethodCall } from '../call.ts';
import { closeDescriptors } from '../connection/descriptor-queue.ts';
import { DBusError, ERROR_ACCESS_DENIED } from '../errors.ts';

/**
 * Lets root pass, and the user that this service runs as (sd-bus's rule for what is not marked as unprivileged).
 * @param what is called or written, as in `org.example.Clock.Adjust`
 * @throws DBusError AccessDenied for anybody else
 */
export async function requirePrivilege(call: MethodCall, what: string, ownUid: number): Promise<void> {
  const { uid, pidfd } = await call.credentials();
  if (pidfd !== undefined) closeDescriptors([pidfd]);
  if (uid === 0 || uid === ownUid) return;
  throw new DBusError(ERROR_ACCESS_DENIED, `Access to ${what}() not permitted.`);
}
