import type { MethodCall } from '../../dbus/call.ts';
import type { Caller, WaitingCaller } from '../../machine/operations.ts';
import { asCaller, asWaiting } from './caller.ts';
import { type Subject, wireError } from './errors.ts';

/** Answers from memory; errors of the domain become those of the interface. */
export function answering<T>(subject: Subject, answer: () => T): T {
  try {
    return answer();
  } catch (error) {
    throw wireError(error, subject);
  }
}

/** The same for what takes time. */
export async function answeringLater<T>(subject: Subject, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    throw wireError(error, subject);
  }
}

/** The same for what takes so long that it matters who waits, and who has left. */
export async function answeringAsker<T>(call: MethodCall, answer: (asker: WaitingCaller) => Promise<T>): Promise<T> {
  return answeringLater({}, async () => answer(await asWaiting(call)));
}

/** The same for what depends on who calls, and so takes time. */
export async function doing<T>(
  subject: Subject,
  call: MethodCall,
  act: (caller: Caller) => T | Promise<T>,
): Promise<T> {
  try {
    return await asCaller(call, act);
  } catch (error) {
    throw wireError(error, subject);
  }
}
