/** How bad it is, as in resolver/check.ts; `ok` for what was looked at and is as it should be. */
export type Level = 'ok' | 'warn' | 'fail';

/** One thing that was looked at on the host, and what came of it. */
export interface HostLine<Reason extends string = string> {
  readonly level: Level;
  /** What was looked at. */
  readonly of: string;
  /** The kind of line, for programs: always the same, whatever the words are. */
  readonly reason: Reason;
  /** What came of it, without a full stop. */
  readonly what: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** Every kind of line with its level, and what makes such lines: all of one file, of one thing that is looked at. */
export type LineKinds = Readonly<Record<string, Level>>;

/** Makes the lines of one thing that is looked at; the levels are in one table, beside each other. */
export function lineMaker<const Kinds extends LineKinds>(
  of: string,
  kinds: Kinds,
): (reason: keyof Kinds & string, what: string, mend?: string) => HostLine<keyof Kinds & string> {
  return (reason, what, mend) => {
    const level = kinds[reason] ?? 'fail';
    return mend === undefined ? { level, of, reason, what } : { level, of, reason, what, mend };
  };
}
