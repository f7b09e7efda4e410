import marshall from 'dbus-next/lib/marshall.js';
import { isObjectPath } from '../names.ts';
import { isCompleteType, isSignature, parseSignature, type TypeTree } from './signature.ts';

/** A body as it goes out. */
export interface EncodedBody {
  readonly bytes: Uint8Array;
  /** Those that its `h` values count, each once. */
  readonly descriptors: readonly number[];
}

/**
 * Encodes values, which are as {@link ValueOf} has them.
 * Throws a TypeError or an error of dbus-next when they do not fit the signature: of another type, out of range, a
 * string with a NUL, a double that is not finite, -2^63 (which dbus-next cannot write).
 */
export function encodeBody(signature: string, values: readonly unknown[]): EncodedBody {
  if (signature === '' && values.length === 0) return EMPTY;
  const trees = parseSignature(signature);
  if (values.length !== trees.length) {
    throw new TypeError(`there are ${values.length} values for the signature ${JSON.stringify(signature)}`);
  }
  const descriptors: number[] = [];
  const raw = trees.map((tree, index) => toRaw(tree, values[index], descriptors));
  return { bytes: marshall(signature, raw), descriptors };
}

/** All descriptors in values that may not fit the signature, so that they can be closed. */
export function descriptorsIn(signature: string, values: readonly unknown[]): number[] {
  const found: number[] = [];
  const trees = isSignature(signature) ? parseSignature(signature) : [];
  for (const [index, tree] of trees.entries()) collect(tree, values[index], found);
  return found;
}

/** What dbus-next takes: pairs for the entries of a dictionary and for a variant, indexes for descriptors. */
function toRaw(tree: TypeTree, value: unknown, descriptors: number[]): unknown {
  switch (tree.type) {
    case 'a':
      return rawArray(tree.child[0] as TypeTree, value, descriptors);
    case '(': {
      if (!Array.isArray(value) || value.length !== tree.child.length) throw mismatch(tree, value);
      return tree.child.map((child, index) => toRaw(child, value[index], descriptors));
    }
    case 'v': {
      const variant = value as { readonly signature?: unknown; readonly value?: unknown } | null | undefined;
      const signature = variant?.signature;
      if (typeof signature !== 'string' || !isCompleteType(signature)) throw mismatch(tree, value);
      return [signature, toRaw(parseSignature(signature)[0] as TypeTree, variant?.value, descriptors)];
    }
    case 'h': {
      if (!isDescriptor(value)) throw mismatch(tree, value);
      const known = descriptors.indexOf(value);
      return known < 0 ? descriptors.push(value) - 1 : known;
    }
    case 'o':
      if (typeof value !== 'string' || !isObjectPath(value)) throw mismatch(tree, value);
      return value;
    case 'g':
      if (typeof value !== 'string' || !isSignature(value)) throw mismatch(tree, value);
      return value;
    case 'b':
      if (typeof value !== 'boolean') throw mismatch(tree, value);
      return value;
    case 'x':
    case 't':
      if (typeof value !== 'bigint') throw mismatch(tree, value);
      return value;
    case 's':
      if (typeof value !== 'string') throw mismatch(tree, value);
      return value;
    default:
      // The other numbers: dbus-next has a look itself.
      return value;
  }
}

function rawArray(element: TypeTree, value: unknown, descriptors: number[]): readonly unknown[] | Uint8Array {
  if (element.type === '{') {
    if (!(value instanceof Map)) throw mismatch(element, value);
    const [key, content] = element.child as [TypeTree, TypeTree];
    return Array.from(value, (entry) => [toRaw(key, entry[0], descriptors), toRaw(content, entry[1], descriptors)]);
  }
  if (element.type === 'y' && value instanceof Uint8Array) return value;
  if (!Array.isArray(value)) throw mismatch(element, value);
  return value.map((each) => toRaw(element, each, descriptors));
}

function collect(tree: TypeTree, value: unknown, found: number[]): void {
  if (tree.type === 'h' && isDescriptor(value)) found.push(value);
  else if (tree.type === 'v') {
    const { signature, value: content } = (value ?? {}) as { readonly signature?: unknown; readonly value?: unknown };
    if (typeof signature === 'string' && isSignature(signature)) found.push(...descriptorsIn(signature, [content]));
  } else if (tree.type === 'a' && value instanceof Map) {
    const [, content] = (tree.child[0] as TypeTree).child;
    for (const each of value.values()) if (content !== undefined) collect(content, each, found);
  } else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      const child = tree.child[tree.type === 'a' ? 0 : index];
      if (child !== undefined) collect(child, each, found);
    }
  }
}

function isDescriptor(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff;
}

function mismatch(tree: TypeTree, value: unknown): TypeError {
  return new TypeError(`a ${value === null ? 'null' : typeof value} is no value of the D-Bus type ${tree.type}`);
}

const EMPTY: EncodedBody = { bytes: new Uint8Array(0), descriptors: [] };
