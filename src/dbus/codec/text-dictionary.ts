/**
 * The body of the signature `a{ss}`, little-endian, without a detour through a tree of types: answers to those who go
 * through a thousand objects have one each.
 * @throws TypeError for a text with a NUL, which no string on the bus has
 */
export function encodeTextDictionary(pairs: ReadonlyMap<string, string>): Uint8Array {
  let most = ARRAY;
  for (const [key, value] of pairs) most += ENTRY + 3 * (key.length + value.length);
  const bytes = Buffer.allocUnsafe(most);
  // The first entry begins at a multiple of 8, as all do; what is before it is not of the array's length.
  let end = ARRAY;
  bytes.fill(0, 0, end);
  for (const [key, value] of pairs) {
    const at = end;
    end += -end & 7;
    bytes.fill(0, at, end);
    end = writeText(bytes, end, key);
    end = writeText(bytes, end, value);
  }
  bytes.writeUInt32LE(end - ARRAY, 0);
  return bytes.subarray(0, end);
}

/** The length of the array and the zeros behind it. */
const ARRAY = 8;
/** What an entry has besides its text, at most: zeros, two lengths, two NUL. */
const ENTRY = 7 + 4 + 1 + 3 + 4 + 1;

/** A string from the next multiple of 4 on. Gives where it ends. */
function writeText(bytes: Buffer, from: number, text: string): number {
  if (text.includes('\0')) throw new TypeError('a text with a NUL is no value of the D-Bus type s');
  const at = from + (-from & 3);
  bytes.fill(0, from, at);
  // Lone surrogates become U+FFFD.
  const length = bytes.write(text, at + 4, 'utf8');
  bytes.writeUInt32LE(length, at);
  bytes[at + 4 + length] = 0;
  return at + 4 + length + 1;
}
