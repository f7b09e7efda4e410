import { isId } from './id-map.ts';
import type { Machine } from './machine.ts';

/** Numbers of users and of groups in a machine, each once, rising. */
export interface AccountIds {
  readonly users: ArrayLike<number>;
  readonly groups: ArrayLike<number>;
}

/** What the account files of containers said when they were last read. */
export interface KnownAccounts {
  /** What is known of a machine now; nothing of most at first. */
  of(machine: Machine): AccountIds;
  /** Has all files read again, after the present answer, at most every five seconds. */
  refresh(): void;
}

/** How much of an account file is looked at: whoever is root in a container can make it as long as there is room. */
export const accountLimits = {
  /** Bytes; nothing is read of a longer file. */
  size: 1_048_576,
  lines: 20_000,
  /** Different numbers. */
  ids: 1000,
} as const;

/**
 * The numbers in a passwd(5) or group(5), each once, rising: the third field of both. Lines that have no such number,
 * as comments and those of NIS, are passed over. Of what goes beyond {@link accountLimits} the end is left out.
 */
export function parseAccountIds(text: string): number[] {
  const ids = new Set<number>();
  let start = 0;
  for (let line = 0; line < accountLimits.lines && start < text.length && ids.size < accountLimits.ids; line++) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const id = idOf(text.slice(start, end));
    if (id !== undefined) ids.add(id);
    start = end + 1;
  }
  return [...ids].sort((a, b) => a - b);
}

/** `NAME:PASSWORD:NUMBER:…` */
const lineShape = /^[^:#+-][^:]*:[^:]*:(\d{1,10}):/;

function idOf(line: string): number | undefined {
  const digits = lineShape.exec(line)?.[1];
  return digits !== undefined && isId(Number(digits)) ? Number(digits) : undefined;
}
