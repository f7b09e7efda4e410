/**
 * A 128-bit id, written as 32 hexadecimal digits or as a UUID (RFC 9562 4), in any case. Gives 32 lower-case digits,
 * the form of sd-id128(3) in which all such ids are kept here; undefined for anything else.
 */
export function parseId128(text: string): string | undefined {
  return shape.test(text) ? text.replaceAll('-', '').toLowerCase() : undefined;
}

/** Whether a text is a 128-bit id in the form in which they are kept. */
export function isId128(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** All zeros, which stand for no id (SD_ID128_NULL). */
export const nullId128 = '00000000000000000000000000000000';

const shape = /^[0-9a-f]{32}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
