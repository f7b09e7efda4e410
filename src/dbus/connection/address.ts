import type { Connect, SocketAddress, Transport } from './transport.ts';

/** One address of a bus (D-Bus Specification, "Server Addresses"). */
export interface BusAddress {
  readonly socket: SocketAddress;
  /** The id of the server, as 32 hexadecimal digits, where the address has it. */
  readonly guid: string | undefined;
}

/**
 * Reads a list of addresses, as in `unix:path=/run/dbus/system_bus_socket;unix:abstract=bus`, which are to be tried in
 * their order. Those of transports other than Unix sockets are passed over.
 * Throws a TypeError that says what is wrong with it, also when nothing is left.
 */
export function parseBusAddress(text: string): readonly BusAddress[] {
  const parts = text.split(';').filter((part) => part !== '');
  if (parts.length === 0) throw new TypeError('the address of the bus is empty');
  const found = parts.map(parsePart).filter((address) => address !== undefined);
  if (found.length > 0) return found;
  throw new TypeError(`no bus can be reached at ${show(text)}: only unix:path= and unix:abstract= can`);
}

/** The address of the system bus: DBUS_SYSTEM_BUS_ADDRESS, or the one that the specification gives. */
export function systemBusAddress(environment: NodeJS.ProcessEnv): string {
  return environment['DBUS_SYSTEM_BUS_ADDRESS'] || 'unix:path=/run/dbus/system_bus_socket';
}

/**
 * The address of the user's session bus: DBUS_SESSION_BUS_ADDRESS, or `bus` in XDG_RUNTIME_DIR. Throws an Error when
 * there is neither.
 */
export function sessionBusAddress(environment: NodeJS.ProcessEnv): string {
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: directory } = environment;
  if (address) return address;
  if (directory) return `unix:path=${escapeValue(`${directory}/bus`)}`;
  throw new Error('there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set');
}

/**
 * Connects to the first address where somebody listens. Throws an Error that says why each of them failed, which have
 * the errors of `connect` as their causes.
 */
export async function connectFirst(
  addresses: readonly BusAddress[],
  connect: Connect,
): Promise<{ readonly address: BusAddress; readonly transport: Transport }> {
  const failures: Error[] = [];
  for (const address of addresses) {
    try {
      return { address, transport: await connect(address.socket) };
    } catch (error) {
      const { message } = error as Error;
      failures.push(new Error(`no bus at ${formatSocketAddress(address.socket)}: ${message}`, { cause: error }));
    }
  }
  if (failures.length === 1) throw failures[0];
  throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

/** An address as text, for messages. */
export function formatSocketAddress(address: SocketAddress): string {
  return 'path' in address
    ? `unix:path=${escapeValue(address.path)}`
    : `unix:abstract=${escapeValue(address.abstract)}`;
}

/** Undefined: an address of another transport, which is not ours to judge. */
function parsePart(part: string): BusAddress | undefined {
  const colon = part.indexOf(':');
  if (colon <= 0) throw new TypeError(`${show(part)} is no address of a bus: it names no transport`);
  const keys = parseKeys(part, part.slice(colon + 1));
  if (part.slice(0, colon) !== 'unix') return undefined;

  const path = keys.get('path');
  const abstract = keys.get('abstract');
  if ((path === undefined) === (abstract === undefined)) {
    throw new TypeError(`${show(part)} must have one of path= and abstract=`);
  }
  const guid = keys.get('guid');
  if (guid !== undefined && !/^[0-9a-fA-F]{32}$/.test(guid)) throw new TypeError(`${show(part)} has no valid guid=`);
  return { socket: path === undefined ? { abstract: abstract as string } : { path }, guid: guid?.toLowerCase() };
}

function parseKeys(part: string, text: string): Map<string, string> {
  const keys = new Map<string, string>();
  for (const pair of text === '' ? [] : text.split(',')) {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new TypeError(`${show(part)}: ${show(pair)} is not of the form key=value`);
    const key = pair.slice(0, equals);
    if (keys.has(key)) throw new TypeError(`${show(part)} has two values for ${key}`);
    keys.set(key, unescapeValue(part, pair.slice(equals + 1)));
  }
  return keys;
}

/** Bytes outside of `[-0-9A-Za-z_/.\*]` are `%` and two hexadecimal digits; here any that is not is taken as it is. */
function unescapeValue(part: string, value: string): string {
  if (!value.includes('%')) return value;
  if (/%(?![0-9a-fA-F]{2})/.test(value)) throw new TypeError(`${show(part)} has a % without two hexadecimal digits`);
  try {
    return decodeURIComponent(value);
  } catch {
    throw new TypeError(`${show(part)} has an escape that is not UTF-8`);
  }
}

function escapeValue(value: string): string {
  return value.replace(/[^-0-9A-Za-z_/.\\*]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

function show(text: string): string {
  return JSON.stringify(text);
}
