/** A word of a unit's command line, in which systemd puts variables of the environment (systemd.service(5)), as it is. */
export function literalWord(word: string): string {
  return word.replaceAll('$', '$$$$');
}
