/** Output for a person: titled steps, commands and what they printed. Colours are for terminals only. */
export class Screen {
  readonly #write: (text: string) => void;
  readonly #colours: boolean;
  #steps = 0;

  constructor(write: (text: string) => void, colours: boolean) {
    this.#write = write;
    this.#colours = colours;
  }

  /** Begins a step. */
  title(text: string): void {
    this.#steps += 1;
    this.#write(`\n${this.#paint('1;36', `${this.#steps}. ${text}`)}\n`);
  }

  /** Prose, broken into lines. */
  say(text: string): void {
    for (const line of wrapped(text, WIDTH - INDENT.length)) this.#write(`${INDENT}${line}\n`);
  }

  /** A command as a user would type it. */
  command(text: string): void {
    this.#write(`\n${INDENT}${this.#paint('1', `$ ${text}`)}\n`);
  }

  /** What a command printed. */
  output(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.#write(`${INDENT}${line}`.trimEnd().concat('\n'));
  }

  /** How it ended. */
  verdict(text: string, good: boolean): void {
    const [first = '', ...rest] = wrapped(text, WIDTH);
    this.#write(`\n${[this.#paint(good ? '1;32' : '1;31', first), ...rest].join('\n')}\n`);
  }

  #paint(code: string, text: string): string {
    return this.#colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

const WIDTH = 100;
const INDENT = '   ';

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
