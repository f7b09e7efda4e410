/** The levels of syslog(3), each at its number. */
const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** @param level a syslog(3) number, 0 to 7 */
export function formatLogLevel(level: number): string {
  return levels[level] ?? String(level);
}

/**
 * A level by name or number, or undefined for neither. Numbers may be written as systemd 262 takes them: with blanks
 * and a plus before them, or in another base, as in `0x7`.
 */
export function parseLogLevel(text: string): number | undefined {
  const named = levels.indexOf(text);
  if (named !== -1) return named;
  const level = /^\s*(\+?\d+|0[xbo][\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  return level in levels ? level : undefined;
}
