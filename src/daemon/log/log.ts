/** The levels of syslog(3) that are used here, with their numbers. */
export const logLevels = { err: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

export type LogLevel = keyof typeof logLevels;

/** What a line is about, beside its text. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Writes one line an event: text, then `key=value` fields, so that it can be read and searched. Under systemd a line
 * begins with its priority, as sd-daemon(3) has it, and the journal adds the time; elsewhere with the time.
 */
export class Log {
  /** The highest level that is written, as a syslog number. */
  maximum: number;
  readonly #write: (line: string) => void;
  /** Lines begin with their priority, for the journal. */
  readonly journal: boolean;

  constructor(maximum: number, write: (line: string) => void, journal: boolean) {
    this.maximum = maximum;
    this.#write = write;
    this.journal = journal;
  }

  err(text: string, fields?: LogFields): void {
    this.#log('err', text, fields);
  }

  warning(text: string, fields?: LogFields): void {
    this.#log('warning', text, fields);
  }

  notice(text: string, fields?: LogFields): void {
    this.#log('notice', text, fields);
  }

  info(text: string, fields?: LogFields): void {
    this.#log('info', text, fields);
  }

  debug(text: string, fields?: LogFields): void {
    this.#log('debug', text, fields);
  }

  #log(level: LogLevel, text: string, fields: LogFields = {}): void {
    if (logLevels[level] > this.maximum) return;
    const start = this.journal ? `<${logLevels[level]}>` : `${new Date().toISOString()} ${level} `;
    const rest = Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [` ${key}=${quote(String(value))}`],
    );
    this.#write(`${start}${text.replace(UNSEEN, '?')}${rest.join('')}\n`);
  }
}

/** Values come from outside: quoted, so that none can look like another field or another line. */
function quote(value: string): string {
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value).replace(UNSEEN, escaped);
}

/**
 * What JSON leaves as it is and a terminal or reader may act on: C1 control characters, which begin escape sequences,
 * format characters, which turn the direction of text, and two more line breaks.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** An error's message with those of its causes that it does not have in it; never its stack, which is no line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : describeError(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
