/** Commands that are run with systemd-machined and with mymachines, and are to print and come to the same. */
export interface Verb {
  /** What it is called in the list of tests. */
  readonly id: string;
  /** For bash, as root. Its standard error is part of what it prints. */
  readonly script: string;
  /** What mymachines prints besides, by a row of docs/differences.md. */
  readonly besides?: { readonly row: string; readonly text: RegExp };
}

/** Verbs whose command is their name. */
export function verbs(area: string, commands: readonly string[]): Verb[] {
  return commands.map((script) => ({ id: `${area}: ${script}`, script }));
}
