/**
 * One line of an environment file, `KEY=value`, as systemd 262 writes its state files: in double quotes when the value
 * has an ASCII control character, a space or one of "\`$'()<>|&;!*?[ and there with a backslash before each of "\`$.
 * Line breaks stay as they are, inside the quotes.
 * @throws TypeError for a value with a zero byte, which no reader in C would get past.
 */
export function formatAssignment(key: string, value: string): string {
  if (value.includes('\0')) throw new TypeError(`the value of ${key} has a zero byte in it`);
  if (!needsQuotes.test(value)) return `${key}=${value}\n`;
  return `${key}="${value.replace(/["\\`$]/g, '\\$&')}"\n`;
}

/**
 * The assignments of an environment file, the last of a key winning. As systemd reads them: a value is quoted parts one
 * after another, or plain text from the first plain character to the end of the line, of which blanks at the end are
 * no part. A backslash joins two lines, and otherwise takes its meaning from the next character; in double quotes it is
 * itself except before one of "\`$, in single quotes always. Comments begin a line with # or ;. A line without `=` says
 * nothing, and a quote that does not end goes to the end of the file. Nothing is an error.
 */
export function parseAssignments(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const start = skip(text, at, blankOrBreak);
    const lineEnd = endOfLine(text, start);
    const equals = '#;'.includes(text.charAt(start)) ? -1 : text.slice(start, lineEnd).indexOf('=');
    const value = equals < 0 ? undefined : readValue(text, start + equals + 1);
    if (value !== undefined) found.set(text.slice(start, start + equals).trimEnd(), value.text);
    at = (value?.end ?? lineEnd) + 1;
  }
  return found;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const needsQuotes = /[\x00-\x20\x7f"\\`$'()<>|&;!*?[]/;
const blankOrBreak = ' \t\r\n';
const blank = ' \t\r';

interface Value {
  readonly text: string;
  /** Where the line break after it is, or the end of the text. */
  readonly end: number;
}

/** Reads the quoted parts that a value begins with, and what is left of it as plain text. */
function readValue(text: string, from: number): Value {
  const parts: string[] = [];
  let at = skip(text, from, blank);
  while (text[at] === '"' || text[at] === "'") {
    const part = text[at] === '"' ? readDoubleQuoted(text, at + 1) : readSingleQuoted(text, at + 1);
    parts.push(part.text);
    at = skip(text, part.end, blank);
  }
  const plain = readPlain(text, at);
  return { text: parts.join('') + plain.text, end: plain.end };
}

function readSingleQuoted(text: string, from: number): Value {
  const quote = text.indexOf("'", from);
  return quote < 0 ? { text: text.slice(from), end: text.length } : { text: text.slice(from, quote), end: quote + 1 };
}

function readDoubleQuoted(text: string, from: number): Value {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  const inner = text.slice(from, Math.min(at, text.length));
  return { text: inner.replace(/\\(["\\`$\n]|$)/g, unescaped), end: Math.min(at + 1, text.length) };
}

function readPlain(text: string, from: number): Value {
  const lineEnd = endOfLine(text, from);
  const line = text.slice(from, lineEnd);
  // As it is in nearly every line.
  if (!line.includes('\\')) return { text: withoutBlanksAtEnd(line), end: lineEnd };
  let at = from;
  let kept = from;
  while (at < text.length && text[at] !== '\n') {
    const escaped = text[at] === '\\';
    if (escaped || !blank.includes(text[at] as string)) kept = at + (escaped ? 2 : 1);
    at += escaped ? 2 : 1;
  }
  return { text: text.slice(from, kept).replace(/\\([\s\S]|$)/g, unescaped), end: Math.min(at, text.length) };
}

function withoutBlanksAtEnd(line: string): string {
  let end = line.length;
  while (end > 0 && blank.includes(line[end - 1] as string)) end--;
  return line.slice(0, end);
}

/** What a backslash and a character stand for: nothing when the line goes on, else the character. */
function unescaped(_all: string, character: string): string {
  return character === '\n' ? '' : character;
}

function skip(text: string, from: number, characters: string): number {
  let at = from;
  while (at < text.length && characters.includes(text[at] as string)) at++;
  return at;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
