/**
 * Escapes a name so that it can be the last element of an object path: ASCII letters and digits stay, except a digit
 * that comes first; each other byte of the UTF-8 becomes `_` and two small hexadecimal digits; no name at all is `_`
 * (sd_bus_path_encode(3)).
 */
export function escapePathElement(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return name;
  if (name === '') return '_';
  let escaped = '';
  for (const byte of Buffer.from(name)) {
    const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
    const digit = byte >= 0x30 && byte <= 0x39;
    escaped +=
      letter || (digit && escaped !== '') ? String.fromCharCode(byte) : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

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
