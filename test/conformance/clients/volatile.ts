import type { KnownProcess } from '../values.ts';

/**
 * What is another value in each lab, and its place in what programs print: «one.leader.pid», «host.id», «date». A number
 * is one of these only where it stands alone; a number that nobody has learnt stays, and so shows as a difference.
 */
export class Volatile {
  readonly #numbers = new Map<number, string>();
  readonly #texts = new Map<string, string>();

  /** A number that nothing else can be: process ids of the lab are the highest that there are. */
  learn(name: string, value: number): void {
    const other = this.#numbers.get(value);
    if (!Number.isSafeInteger(value) || value <= 0) throw new Error(`${name} is ${value}`);
    if (other !== undefined && other !== name) throw new Error(`${value} is both ${other} and ${name}`);
    this.#numbers.set(value, name);
  }

  /** «NAME.pid» and «NAME.pidfdid». */
  learnProcess(name: string, { pid, pidfdId }: KnownProcess): void {
    this.learn(`${name}.pid`, pid);
    this.learn(`${name}.pidfdid`, pidfdId);
  }

  /** A 128-bit id, as 32 hexadecimal digits or as bytes in the way of busctl, its JSON, or gdbus. */
  learnId(name: string, id: string): void {
    const bytes = [...Buffer.from(id, 'hex')];
    const hexadecimal = bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
    for (const text of [id, bytes.join(' '), bytes.join(','), hexadecimal.join(', ')]) this.#texts.set(text, name);
  }

  /** Puts placeholders where such values are. */
  strip(text: string): string {
    let stripped = text;
    for (const [value, name] of this.#texts) stripped = stripped.replaceAll(value, `«${name}»`);
    return (
      stripped
        .replace(/(?<![\w.])\d{4,}(?!\w)/g, (digits) => this.#named(Number(digits)) ?? digits)
        // When the host booted is computed each time, from two clocks that are read one after the other.
        .replace(/(?<!\w)1[78]\d{14}(?!\w)/g, '«realtime»')
        .replace(/(TimestampMonotonic\W+(?:[a-z]+\d*\W+)*)\d{1,3}(?!\w)/g, '$1«just booted»')
        .replace(/\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+/g, '«date»')
        .replace(/«date»; .* ago/g, '«date»; «ago»')
        // The tree of a control group is the work of the program that prints it.
        .replace(/([├└]─)\d+ /g, '$1«pid» ')
        .replace(/(?<![\w:]):1\.\d+/g, '«bus name»')
    );
  }

  #named(value: number): string | undefined {
    const name = this.#numbers.get(value);
    return name === undefined ? undefined : `«${name}»`;
  }
}
