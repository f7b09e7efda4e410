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
