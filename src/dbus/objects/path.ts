/**
 * Escapes a name so that it can be the last element of an object path: ASCII letters and digits stay, except a digit
 * that comes first; each other byte of the UTF-8 becomes `_` and two small hexadecimal digits; no name at all is `_`
 * (sd_bus_path_encode(3)).
 */
export function escapePathElement(name: string): string {
  if (name === '') return '_';
  return name.replace(/^[0-9]|[^A-Za-z0-9]/gu, (character) => ASCII[character.charCodeAt(0)] ?? escapeBytes(character));
}

function escapeBytes(text: string): string {
  return Buffer.from(text).toString('hex').replace(/../g, '_$&');
}

/** The escape of each ASCII character: all names of machines are of these, and many are escaped at a time. */
const ASCII = Array.from({ length: 128 }, (_, code) => escapeBytes(String.fromCharCode(code)));

/**
 * The name that a path element stands for, or undefined for one that stands for none: an escape that is not complete or
 * not of UTF-8, or one of NUL, which ends names in C. Escapes that need not be, and capital digits in them, are taken.
 */
export function unescapePathElement(element: string): string | undefined {
  if (/^[A-Za-z0-9]+$/.test(element)) return element;
  if (element === '_') return '';
  if (!/^(?:[A-Za-z0-9]|_(?!00)[0-9A-Fa-f]{2})+$/.test(element)) return undefined;
  try {
    return decodeURIComponent(element.replaceAll('_', '%'));
  } catch {
    return undefined;
  }
}
