/**
 * A word as systemd's unit files have it, in double quotes: with the escapes of C, and `%` twice, as single it begins a
 * specifier (systemd.service(5) "Command lines"). `$` stays as it is, for a command line that begins with `:`.
 * @throws Error for a text with control characters in it
 */
export function quoteForSystemd(text: string): string {
  refuseControlCharacters(text);
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/**
 * The path of a program that a unit is to run, as {@link quoteForSystemd} has it.
 * @throws Error for a path with quotes or backslashes in it, which systemd 262 refuses however they are written
 */
export function quoteExecutable(path: string): string {
  if (/["'\\]/.test(path)) throw new Error(`systemd runs no program with quotes or backslashes in its path: ${path}`);
  return quoteForSystemd(path);
}

/**
 * A word as the shell has it, in single quotes.
 * @throws Error for a text with control characters in it
 */
export function quoteForShell(text: string): string {
  refuseControlCharacters(text);
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function refuseControlCharacters(text: string): void {
  if (/\p{Cc}/u.test(text)) throw new Error(`the path ${JSON.stringify(text)} has control characters in it`);
}
