import type { MethodCall, Reply } from '../call.ts';
import {
  DBusError,
  ERROR_INVALID_ARGS,
  ERROR_INVALID_SIGNATURE,
  ERROR_PROPERTY_READ_ONLY,
  ERROR_UNKNOWN_INTERFACE,
  ERROR_UNKNOWN_PROPERTY,
} from '../errors.ts';
import { type AnyVariant, Variant } from '../values.ts';
import type { ImplementedInterface, ImplementedProperty } from './implement.ts';
import type { Answer } from './interface.ts';
import { introspectableInterface } from './introspection.ts';
import { peerInterface } from './peer.ts';
import { requirePrivilege } from './privileged.ts';

export const propertiesInterface = 'org.freedesktop.DBus.Properties';

/** The interfaces of an object, by name, and what the object is to the program. */
export interface TreeObject {
  // biome-ignore lint/suspicious/noExplicitAny: whoever adds an interface gives targets of its type
  readonly interfaces: ReadonlyMap<string, ImplementedInterface<any>>;
  readonly target: unknown;
}

/**
 * Whether it is a method of Properties. Further arguments than it needs are not looked at, as in sd-bus.
 * @throws DBusError InvalidArgs when those that it needs are not there
 */
export function checkPropertiesCall({ member, signature }: MethodCall): boolean {
  if (member === 'GetAll') {
    if (!signature.startsWith('s')) throw invalidArguments('Expected interface parameter');
    return true;
  }
  if (member !== 'Get' && member !== 'Set') return false;
  if (!signature.startsWith('ss')) throw invalidArguments('Expected interface and member parameters');
  return true;
}

/** Answers a call that {@link checkPropertiesCall} found good. */
export function answerProperties(call: MethodCall, object: TreeObject, ownUid: number): Answer<Reply> {
  const [interfaceName, name] = call.body as readonly [string, string];
  if (call.member === 'GetAll') return getAll(call, object, interfaceName);
  const property = object.interfaces.get(interfaceName)?.properties.get(name);
  if (property === undefined) {
    const text = `Unknown interface ${interfaceName} or property ${name}.`;
    throw new DBusError(ERROR_UNKNOWN_PROPERTY, text);
  }
  return call.member === 'Get' ? get(property, object.target, call) : set(property, object.target, call, ownUid);
}

function get({ type, get }: ImplementedProperty<unknown>, target: unknown, call: MethodCall): Answer<Reply> {
  const reply = (value: unknown): Reply => ({ signature: 'v', body: [new Variant<string>(type, value)] });
  const value = get(target, call);
  return value instanceof Promise ? value.then(reply) : reply(value);
}

/** All properties of an interface; of all interfaces for an empty name. The standard ones have none. */
function getAll(call: MethodCall, { interfaces, target }: TreeObject, name: string): Answer<Reply> {
  const one = interfaces.get(name);
  if (one === undefined && name !== '' && !standardInterfaces.includes(name)) {
    throw new DBusError(ERROR_UNKNOWN_INTERFACE, `Unknown interface '${name}'.`);
  }
  const chosen = name === '' ? interfaces.values() : one === undefined ? [] : [one];
  const all = new Map<string, AnyVariant>();
  const waiting: Promise<void>[] = [];
  try {
    for (const { properties } of chosen) {
      for (const [property, { type, get }] of properties) {
        const value = get(target, call);
        // Set at once, so that the order is that of the interface.
        all.set(property, new Variant<string>(type, value));
        if (value instanceof Promise) {
          waiting.push(value.then((later: unknown) => void all.set(property, new Variant<string>(type, later))));
        }
      }
    }
  } catch (error) {
    // The others may fail as well, with nobody left to hear of it.
    void Promise.allSettled(waiting);
    throw error;
  }
  const reply: Reply = { signature: 'a{sv}', body: [all] };
  return waiting.length === 0 ? reply : Promise.all(waiting).then(() => reply);
}

const standardInterfaces = [peerInterface, introspectableInterface, propertiesInterface];

function set(
  { type, set, privileged }: ImplementedProperty<unknown>,
  target: unknown,
  call: MethodCall,
  ownUid: number,
): Answer<Reply> {
  const [interfaceName, name, variant] = call.body as readonly [string, string, AnyVariant];
  if (set === undefined) {
    throw new DBusError(ERROR_PROPERTY_READ_ONLY, `Property '${name}' is not writable.`);
  }
  const given = call.signature.charAt(2);
  if (given !== 'v') {
    // One character, as sd-bus names a type: that of a structure is not what a signature has for it.
    const shown = given === '(' ? 'r' : given;
    const text = `Incorrect signature when setting property '${name}', expected 'v', got '${shown}'.`;
    throw new DBusError(ERROR_INVALID_SIGNATURE, text);
  }
  if (variant.signature !== type) {
    throw invalidArguments(
      `Incorrect parameters for property '${name}', expected '${type}', got '${variant.signature}'.`,
    );
  }
  const write = (): Answer<void> => set(variant.value, call, target);
  const written = privileged ? requirePrivilege(call, `${interfaceName}.${name}`, ownUid).then(write) : write();
  return written instanceof Promise ? written.then(() => done) : done;
}

const done: Reply = { signature: '', body: [] };

function invalidArguments(text: string): DBusError {
  return new DBusError(ERROR_INVALID_ARGS, text);
}
