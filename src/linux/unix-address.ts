/** AF_UNIX of socket(2). */
export const AF_UNIX = 1;

// sizeof(sun_path), unix(7). Linux would take 108 bytes without a final NUL, but then other programs cannot print or
// reuse the path.
const PATH_BYTES = 107;

/**
 * The `struct sockaddr_un` of a path, as bind(2) and connect(2) take it: family, path, NUL.
 * A path that begins with `@` stays a path: for abstract names see {@link abstractAddress}.
 * Throws a TypeError naming the path when it is empty, has a NUL byte or is longer than 107 bytes of UTF-8.
 */
export function unixAddress(path: string): Uint8Array {
  if (path === '') throw new TypeError('a socket path must not be empty');
  return encode(Buffer.from(`${path}\0`), path);
}

/**
 * The `struct sockaddr_un` of a name in the abstract namespace (unix(7)), given without the leading NUL or `@`.
 * Throws a TypeError as {@link unixAddress} does.
 */
export function abstractAddress(name: string): Uint8Array {
  if (name === '') throw new TypeError('an abstract socket name must not be empty');
  return encode(Buffer.from(`\0${name}`), name);
}

function encode(bytes: Buffer, shown: string): Uint8Array {
  if (shown.includes('\0')) throw new TypeError(`socket address ${JSON.stringify(shown)} has a NUL byte in it`);
  if (bytes.length > PATH_BYTES + 1) {
    throw new TypeError(`socket address ${shown} has ${bytes.length - 1} bytes, more than the ${PATH_BYTES} that fit`);
  }
  const address = new Uint8Array(2 + bytes.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(bytes, 2);
  return address;
}
