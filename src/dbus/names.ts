/**
 * The names of the D-Bus Specification ("Valid Names", "Valid Object Paths"). A bus ends the connection of who sends
 * one that is not valid, so each that goes out is looked at.
 *
 * @module
 */

/** As in `/org/freedesktop/machine1`; of any length. */
export function isObjectPath(text: string): boolean {
  return text === '/' || /^(?:\/[A-Za-z0-9_]+)+$/.test(text);
}

/** As in `org.freedesktop.machine1.Manager`. Names of errors have the same form. */
export function isInterfaceName(text: string): boolean {
  return text.length <= MAXIMUM && /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+$/.test(text);
}

/** The name of a method or signal, as in `GetMachine`. */
export function isMemberName(text: string): boolean {
  return text.length <= MAXIMUM && /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** A well-known name (`org.freedesktop.machine1`) or a unique one (`:1.42`). */
export function isBusName(text: string): boolean {
  if (text.length > MAXIMUM) return false;
  return isUniqueName(text)
    ? /^:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/.test(text)
    : /^[A-Za-z_-][A-Za-z0-9_-]*(?:\.[A-Za-z_-][A-Za-z0-9_-]*)+$/.test(text);
}

/** A name that the bus gave to a connection, which no other will ever have on that bus. */
export function isUniqueName(text: string): boolean {
  return text.startsWith(':');
}

/** Where a message goes, and what it is. */
export interface MessageNames {
  readonly destination?: string | undefined;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
}

/** Throws a TypeError naming the one that is not valid. */
export function requireValidNames(names: MessageNames): void {
  const { destination, path, interface: interfaceName, member } = names;
  if (destination !== undefined && !isBusName(destination)) throw invalid(destination, 'name of a connection');
  if (!isObjectPath(path)) throw invalid(path, 'object path');
  if (!isInterfaceName(interfaceName)) throw invalid(interfaceName, 'name of an interface');
  if (!isMemberName(member)) throw invalid(member, 'name of a member');
}

function invalid(text: string, what: string): TypeError {
  return new TypeError(`${JSON.stringify(text)} is no valid ${what}`);
}

/** The bus itself: its name and interface, and the sender of what it says. */
export const BUS_NAME = 'org.freedesktop.DBus';
export const BUS_PATH = '/org/freedesktop/DBus';

const MAXIMUM = 255;
