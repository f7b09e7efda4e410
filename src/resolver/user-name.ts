/**
 * Whether a text can be the name of a user or group at all, which is asked before anything is looked up: systemd 262's
 * relaxed rule (https://systemd.io/USER_NAMES), found by asking its userdb for odd names.
 */
export function isUserName(text: string): boolean {
  if (ordinary.test(text)) return true;
  return !(text === '.' || text === '..' || impossible.test(text) || numeric.test(text));
}

/** Nearly all, and quickly. */
const ordinary = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** Separators of passwd(5) and paths, control characters, and white space at either end. */
const impossible = /[:/\p{Cc}]|^\s|\s$/u;
/** A number, or what begins one, which would be taken for an id. */
const numeric = /^-?[0-9]*$/;
