import signature, { type TypeTree } from 'dbus-next/lib/signature.js';

export type { TypeTree };

/**
 * The types of a signature. Throws a TypeError for one that is not valid (D-Bus Specification, "Valid Signatures"):
 * dbus-next reads many more, such as a structure of nothing, an array of which would never end.
 */
export function parseSignature(text: string): readonly TypeTree[] {
  let trees = known.get(text);
  if (trees === undefined) {
    if (!isSignature(text)) throw new TypeError(`${JSON.stringify(text)} is no valid signature`);
    trees = signature.parseSignature(text);
    // Those of variants are whatever a peer makes up.
    if (known.size === KNOWN) known.clear();
    known.set(text, trees);
  }
  return trees;
}

/** Zero or more complete types in at most 255 characters, arrays and structures each nested 32 deep at most. */
export function isSignature(text: string): boolean {
  if (text.length > 255) return false;
  let at = 0;
  while (at >= 0 && at < text.length) at = skipType(text, at, 0, 0);
  return at >= 0;
}

/** Exactly one complete type, as a variant has it. */
export function isCompleteType(text: string): boolean {
  return text !== '' && text.length <= 255 && skipType(text, 0, 0, 0) === text.length;
}

/** Where the type that begins at `at` ends, or -1. */
function skipType(text: string, at: number, arrays: number, structures: number): number {
  const code = text[at] ?? '';
  if (code === 'v' || BASIC.includes(code)) return code === '' ? -1 : at + 1;
  if (code === 'a') {
    if (arrays === DEPTH) return -1;
    if (text[at + 1] !== '{') return skipType(text, at + 1, arrays + 1, structures);
    const key = text[at + 2] ?? '';
    if (structures === DEPTH || key === '' || !BASIC.includes(key)) return -1;
    const end = skipType(text, at + 3, arrays + 1, structures + 1);
    return end > 0 && text[end] === '}' ? end + 1 : -1;
  }
  if (code !== '(' || structures === DEPTH || text[at + 1] === ')') return -1;
  let end = at + 1;
  while (end > 0 && text[end] !== ')') end = skipType(text, end, arrays, structures + 1);
  return end < 0 ? -1 : end + 1;
}

const BASIC = 'ybnqiuxtdsogh';
const DEPTH = 32;
const KNOWN = 256;
const known = new Map<string, readonly TypeTree[]>();
