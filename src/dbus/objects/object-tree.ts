import { type MethodCall, PreparedBody, type Reply } from '../call.ts';
import { encodeBody } from '../codec/body-encoder.ts';
import { DBusError, ERROR_INVALID_ARGS, ERROR_UNKNOWN_METHOD, ERROR_UNKNOWN_OBJECT } from '../errors.ts';
import { isObjectPath } from '../names.ts';
import type { ImplementedInterface } from './implement.ts';
import type { Answer } from './interface.ts';
import { introspectableInterface, introspectObject } from './introspection.ts';
import { escapePathElement, unescapePathElement } from './path.ts';
import { answerPeer, peerInterface } from './peer.ts';
import { requirePrivilege } from './privileged.ts';
import { answerProperties, checkPropertiesCall, propertiesInterface, type TreeObject } from './properties.ts';

/** Where the objects of a family come from. Their paths end in their names, escaped (./path.ts). */
export interface ObjectFamily<Target> {
  /** What has this name, if anything. Its methods decide what a caller may do with it, not this. */
  find(name: string, call: MethodCall): Answer<Target | undefined>;
  /** The names of all there are, for introspection; in any order. While they are the same, best the same object. */
  names(call: MethodCall): Answer<Iterable<string>>;
}

export interface ObjectTreeOptions {
  /** Of this machine (machine-id(5)): 32 hexadecimal digits; undefined where it has none. */
  readonly machineId: string | undefined;
  /** The user that this service runs as, who may do what is for the privileged. */
  readonly uid: number;
}

/**
 * The objects behind a connection to the bus, which answer calls by the rules and in the words of sd-bus (systemd 262).
 * A call must have been checked against the message format: its path is an object path, its member a member name, its
 * body of its signature.
 */
export class ObjectTree {
  readonly #machineId: string | undefined;
  readonly #uid: number;
  readonly #nodes = new Map<string, TreeNode>([['/', new TreeNode()]]);

  constructor({ machineId, uid }: ObjectTreeOptions) {
    this.#machineId = machineId;
    this.#uid = uid;
  }

  /** Puts interfaces on the object at a path, in the order in which they are introspected. */
  add(path: string, ...interfaces: readonly ImplementedInterface[]): void {
    const node = this.#nodeAt(path);
    addInterfaces(node.interfaces, path, interfaces);
    node.changed();
  }

  /** Makes objects below a path of all that a family has, each with the same interfaces. */
  addFamily<Target>(
    path: string,
    family: ObjectFamily<Target>,
    ...interfaces: readonly ImplementedInterface<Target>[]
  ): void {
    const node = this.#nodeAt(path);
    if (node.family !== undefined) throw new Error(`${path} has a family`);
    node.family = { source: family, interfaces: new Map() };
    addInterfaces(node.family.interfaces, path, interfaces);
    node.changed();
  }

  /**
   * Answers a call: at once, unless what answers it needs time.
   * @throws DBusError, or rejects with one; with any other error when what answers has a fault
   */
  answer(call: MethodCall): Answer<Reply> {
    const { interface: name, member, path } = call;
    // A call may leave its interface out. sd-bus finds nothing for it, wherever it goes.
    if (name === undefined) throw unknownObject(path);
    if (name === peerInterface) return answerPeer(call, this.#machineId);
    // The arguments of these two are looked at before the object.
    const properties = name === propertiesInterface && checkPropertiesCall(call);
    if (name === introspectableInterface && member === 'Introspect') return this.#introspect(call);
    const finish = (object: TreeObject | undefined): Answer<Reply> => {
      if (object === undefined) throw unknownObject(path);
      return properties ? answerProperties(call, object, this.#uid) : this.#call(call, object, name);
    };
    const object = this.#find(call);
    return object instanceof Promise ? object.then(finish) : finish(object);
  }

  #call(call: MethodCall, { interfaces, target }: TreeObject, name: string): Answer<Reply> {
    const method = interfaces.get(name)?.methods.get(call.member);
    if (method === undefined) {
      const text = `Unknown method ${call.member} or interface ${name}.`;
      throw new DBusError(ERROR_UNKNOWN_METHOD, text);
    }
    if (!method.privileged) return method.call(call, target);
    return requirePrivilege(call, `${name}.${call.member}`, this.#uid).then(() => method.call(call, target));
  }

  #introspect(call: MethodCall): Answer<Reply> {
    if (call.signature !== '') {
      throw new DBusError(ERROR_INVALID_ARGS, 'Expected no parameters');
    }
    const node = this.#nodes.get(call.path);
    // A node that has nothing but others below it can be introspected all the same.
    if (node !== undefined) return node.introspect(call);
    const finish = (object: TreeObject | undefined): Reply => {
      if (object === undefined) throw unknownObject(call.path);
      return introspectionOf(object, []);
    };
    const object = this.#find(call);
    return object instanceof Promise ? object.then(finish) : finish(object);
  }

  #find(call: MethodCall): Answer<TreeObject | undefined> {
    const node = this.#nodes.get(call.path);
    if (node !== undefined) return node.isObject ? node : undefined;
    const slash = call.path.lastIndexOf('/');
    const family = this.#nodes.get(call.path.slice(0, slash) || '/')?.family;
    const name = unescapePathElement(call.path.slice(slash + 1));
    if (family === undefined || name === undefined) return undefined;
    const { source, interfaces } = family;
    const objectOf = (target: unknown): TreeObject | undefined =>
      target === undefined ? undefined : { interfaces, target };
    const target = source.find(name, call);
    return target instanceof Promise ? target.then(objectOf) : objectOf(target);
  }

  /** The node at a path, made with all above it when there is none. */
  #nodeAt(path: string): TreeNode {
    const known = this.#nodes.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    if (!isObjectPath(path)) throw new Error(`${path} is not an object path`);
    const node = new TreeNode();
    this.#nodes.set(path, node);
    const above = this.#nodeAt(path.slice(0, slash) || '/');
    above.children.add(path.slice(slash + 1));
    above.changed();
    return node;
  }
}

/** A path that was named, or one on the way to it. */
class TreeNode implements TreeObject {
  readonly interfaces = new Map<string, ImplementedInterface>();
  readonly target = undefined;
  readonly children = new Set<string>();
  // biome-ignore lint/suspicious/noExplicitAny: the family's targets are what its own interfaces take
  family: { readonly source: ObjectFamily<any>; readonly interfaces: Interfaces<any> } | undefined;

  get isObject(): boolean {
    return this.interfaces.size > 0 || this.family !== undefined;
  }

  /** The last answer to Introspect, and for which names. Of a thousand objects it takes two milliseconds to make. */
  #introspection: { readonly names: Iterable<string>; readonly reply: Reply } | undefined;

  introspect(call: MethodCall): Answer<Reply> {
    const names = this.family?.source.names(call) ?? NONE;
    return names instanceof Promise ? names.then((all) => this.#introspect(all)) : this.#introspect(names);
  }

  #introspect(names: Iterable<string>): Reply {
    if (this.#introspection?.names !== names) {
      const all = new Set(this.children);
      for (const name of names) all.add(escapePathElement(name));
      const { signature, body } = introspectionOf(this, [...all].sort());
      const { bytes } = encodeBody(signature, body);
      this.#introspection = { names, reply: new PreparedBody(signature, bytes) };
    }
    return this.#introspection.reply;
  }

  /** Something was added here. */
  changed(): void {
    this.#introspection = undefined;
  }
}

const NONE: readonly string[] = [];

function introspectionOf(
  { interfaces }: TreeObject,
  children: readonly string[],
): { signature: string; body: string[] } {
  const parts = [...interfaces.values()].map(({ introspection }) => introspection);
  return { signature: 's', body: [introspectObject(parts, children)] };
}

type Interfaces<Target> = Map<string, ImplementedInterface<Target>>;

function addInterfaces<Target>(
  to: Interfaces<Target>,
  path: string,
  interfaces: readonly ImplementedInterface<Target>[],
): void {
  for (const implemented of interfaces) {
    const { name } = implemented.description;
    if (to.has(name)) throw new Error(`${path} has the interface ${name} already`);
    to.set(name, implemented);
  }
}

function unknownObject(path: string): DBusError {
  return new DBusError(ERROR_UNKNOWN_OBJECT, `Unknown object '${path}'.`);
}
