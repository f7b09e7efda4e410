/**
 * Whether a text is a domain name as programs write it: labels joined by dots, a dot at the end or not, `.` or nothing
 * for the root. Labels have 1 to 63 bytes, 255 in all with their lengths (RFC 1035 2.3.4), in UTF-8; a backslash stands
 * before a dot, a backslash or three digits (RFC 1035 5.1), and control characters cannot be there as they are.
 * systemd 262 accepts and refuses the same.
 */
export function isDomainName(text: string): boolean {
  if (ordinary.test(text)) return true;
  if (text === '' || text === '.') return true;
  // Six bytes at most for one character of an escaped label.
  if (text.length > 1016 || !shape.test(text)) return false;
  // One byte for one byte: which one does not matter for the length, as long as it is no dot.
  const labels = text.replace(escaped, '?').replace(/\.$/, '').split('.');
  const lengths = labels.map((label) => Buffer.byteLength(label));
  return lengths.every((length) => length < 64) && lengths.reduce((sum, length) => sum + length + 1, 1) <= 255;
}

/** Nearly all names, and quickly: letters, digits, hyphens, underscores, labels and name not too long. */
const ordinary = /^(?=.{1,253}$)(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const shape = /^(?:(?:[^\x00-\x1f\x7f.\\]|\\[.\\]|\\(?:[01]\d\d|2[0-4]\d|25[0-5]))+(?:\.(?!$)|\.?$))+$/;
const escaped = /\\(?:[.\\]|\d{3})/g;
