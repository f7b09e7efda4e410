import { IdlError } from './idl-error.ts';

/** A word, a punctuation mark, or the end of the text (an empty string). */
export interface Token {
  readonly text: string;
  readonly offset: number;
  /** Comments between the token before and this one. */
  readonly comments: readonly Comment[];
}

export interface Comment {
  readonly text: string;
  /** It began on the line on which the token before it ended. */
  readonly endsLine: boolean;
}

/** Cuts an interface definition into tokens. White space separates and means nothing else. */
export class Scanner {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    const comments = this.#skip();
    const offset = this.#offset;
    if (offset === this.#text.length) return { text: '', offset, comments };
    tokenPattern.lastIndex = offset;
    const match = tokenPattern.exec(this.#text);
    if (match === null) {
      throw this.error(`unexpected character ${JSON.stringify(String.fromCodePoint(this.#codePoint()))}`, offset);
    }
    this.#offset = tokenPattern.lastIndex;
    return { text: match[0], offset, comments };
  }

  error(message: string, offset: number): IdlError {
    const before = this.#text.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    return new IdlError(message, before.split('\n').length, offset - lineStart + 1);
  }

  #skip(): Comment[] {
    const comments: Comment[] = [];
    let endsLine = this.#offset > 0;
    for (;;) {
      const char = this.#text[this.#offset];
      if (char === '#') {
        comments.push({ text: this.#comment(), endsLine });
      } else if (char === '\n') {
        endsLine = false;
        this.#offset++;
      } else if (char === ' ' || char === '\t' || char === '\r') {
        this.#offset++;
      } else {
        return comments;
      }
    }
  }

  #comment(): string {
    const newline = this.#text.indexOf('\n', this.#offset);
    const end = newline === -1 ? this.#text.length : newline;
    const start = this.#offset + (this.#text[this.#offset + 1] === ' ' ? 2 : 1);
    this.#offset = end;
    return this.#text.slice(start, end).replace(/\r$/, '');
  }

  #codePoint(): number {
    return this.#text.codePointAt(this.#offset) ?? 0;
  }
}

// A word takes the dots and hyphens of an interface name along; the parser says which names are good where.
const tokenPattern = /[A-Za-z0-9_](?:[A-Za-z0-9_.]|-(?!>))*|->|[():,?]|\[\]|\[string\]/y;
