/** A process of the lab as answers name it. */
export interface KnownProcess {
  readonly pid: number;
  readonly pidfdId: number;
}

/** The ids that a machine has on the host. */
export interface KnownRange {
  readonly start: number;
  readonly count: number;
}

/**
 * The values that are others each time, by name, and their place in texts: «c1.leader.pid», «c1.base+33», «boot-id».
 * A value that is not known is left as it is, so that it shows as a difference.
 */
export class Values {
  readonly #numbers = new Map<string, number>();
  readonly #texts = new Map<string, string>();
  readonly #ranges = new Map<string, KnownRange>();
  readonly #names = { pid: new Map<number, string>(), pidfdId: new Map<number, string>() };
  readonly #times = new Map<number, string>();

  /** «NAME.pid» and «NAME.pidfdId». */
  learnProcess(name: string, process: KnownProcess): void {
    for (const key of ['pid', 'pidfdId'] as const) {
      this.#numbers.set(`${name}.${key}`, process[key]);
      this.#names[key].set(process[key], `${name}.${key}`);
    }
  }

  /** «NAME.base» and every number of the range, as «NAME.base+N». */
  learnRange(name: string, range: KnownRange): void {
    this.#numbers.set(`${name}.base`, range.start);
    this.#ranges.set(`${name}.base`, range);
  }

  /** «NAME.realtime» and «NAME.monotonic», in microseconds. */
  learnTimes(name: string, realtime: number, monotonic: number): void {
    for (const [key, time] of Object.entries({ realtime, monotonic })) {
      this.#numbers.set(`${name}.${key}`, time);
      if (time !== 0) this.#times.set(time, `${name}.${key}`);
    }
  }

  /** A text that is unmistakable wherever it stands, such as an id. */
  learnText(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  /** The value of a placeholder's inside; throws for a name that nobody has learnt. */
  valueOf(expression: string): string {
    const text = this.#texts.get(expression);
    if (text !== undefined) return text;
    const [, name = '', offset = '0'] = /^(.+?)([+-]\d+)?$/.exec(expression) ?? [];
    const value = this.#numbers.get(name) ?? this.#numbers.get(expression);
    if (value === undefined) throw new Error(`nobody knows «${expression}»`);
    return String(this.#numbers.has(expression) ? value : value + Number(offset));
  }

  /** Every name that `valueOf` takes. */
  names(): readonly string[] {
    return [...this.#numbers.keys(), ...this.#texts.keys()];
  }

  /** Puts values where placeholders are. */
  fill(text: string): string {
    return text.replace(/«([^»]+)»/g, (_, expression: string) => this.valueOf(expression));
  }

  /**
   * Puts placeholders where values are. Times that no machine has become «realtime» and «monotonic»; the host's
   * monotonic time is 0 but for an error of some microseconds.
   */
  strip(text: string): string {
    let stripped = text;
    for (const [name, value] of this.#texts) stripped = stripped.replaceAll(value, `«${name}»`);
    return stripped
      .replace(/("pid"\s*:\s*|^(?:LEADER|SUPERVISOR)=)(\d+)/gm, named(this.#names.pid))
      .replace(/("pidfdId"\s*:\s*|^(?:LEADER|SUPERVISOR)_PIDFDID=)(\d+)/gm, named(this.#names.pidfdId))
      .replace(/("realtime"\s*:\s*|^REALTIME=)(\d+)/gm, named(this.#times, 'realtime'))
      .replace(/("monotonic"\s*:\s*|^MONOTONIC=)(\d+)/gm, named(this.#times, 'monotonic'))
      .replace(/(?<![\w.«+-])\d{6,10}(?![\w.»])/g, (digits) => this.#inRange(Number(digits)) ?? digits);
  }

  #inRange(value: number): string | undefined {
    for (const [name, { start, count }] of this.#ranges) {
      if (value === start) return `«${name}»`;
      if (value > start && value < start + count) return `«${name}+${value - start}»`;
    }
    return undefined;
  }
}

function named(names: ReadonlyMap<number, string>, other?: string) {
  return (whole: string, key: string, digits: string): string => {
    const number = Number(digits);
    const name = names.get(number) ?? (number === 0 ? undefined : other);
    if (name === 'monotonic' && number < 1000) return `${key}0`;
    return name === undefined ? whole : `${key}«${name}»`;
  };
}
