import type { Lab } from '../../support/lab.ts';
import { callDBus, callVarlink } from '../../support/lab-calls.ts';
import type { PrivilegeCase, Transport } from './cases.ts';

/** Who asks, and of what. */
export interface Asking {
  readonly uid: number;
  readonly transport: Transport;
  readonly name: string;
  readonly leader: number;
  /** Whether it says that it would give a password. */
  readonly interactive?: boolean;
}

/**
 * Asks one question as a user.
 * @returns `allowed`, or the name of the error
 */
export async function ask(lab: Lab, question: PrivilegeCase, asking: Asking): Promise<string> {
  const { uid, interactive = false } = asking;
  const fill = (text: string): string => text.replace('NAME', asking.name).replace('LEADER', `${asking.leader}`);
  if (asking.transport === 'Varlink') {
    if ('none' in question.varlink) throw new Error(question.varlink.none);
    const [method, parameters] = question.varlink;
    const filled = JSON.parse(fill(JSON.stringify(parameters)).replace(`"${asking.leader}"`, `${asking.leader}`));
    const offer = interactive && { allowInteractiveAuthentication: true };
    return (await callVarlink(lab, uid, method, { ...filled, ...offer })).error ?? 'allowed';
  }
  if ('none' in question.dbus) throw new Error(question.dbus.none);
  const [object, method, ...parameters] = question.dbus;
  const path = `/org/freedesktop/${object}`;
  const reply = await callDBus(lab, uid, { path, method, interactive }, ...parameters.map(fill));
  return 'error' in reply ? reply.error : 'allowed';
}
