import { type Comment, Scanner, type Token } from './scanner.ts';
import {
  type Builtin,
  builtinTypes,
  type Enum,
  type EnumValue,
  type Field,
  type Interface,
  type Member,
  type Nullable,
  type Struct,
  type Type,
} from './syntax.ts';

/** Levels of types inside types; sd-varlink 262 takes 64 too. */
export const maximumTypeDepth = 64;

/** Length of a definition in UTF-16 code units. The longest in systemd 262 has about 100,000. */
export const maximumDefinitionLength: number = 1024 * 1024;

/**
 * Parses an interface definition (https://varlink.org/Interface-Definition), with `any` as one more built-in type.
 * It takes all of the grammar, which is more than sd-varlink 262 does: that refuses lists of lists and empty structs
 * inside of others.
 *
 * Throws {@link IdlError} for bad syntax, for a name used twice, for an unknown type, and over the limits above.
 */
export function parseInterface(text: string): Interface {
  return new Parser(text).parse();
}

class Parser {
  readonly #scanner: Scanner;
  #token: Token;
  /** Comments of the element read last: the home of those that stand before nothing else. */
  #current: string[] = [];
  readonly #references: Token[] = [];

  constructor(text: string) {
    this.#scanner = new Scanner(text);
    if (text.length > maximumDefinitionLength) {
      throw this.#scanner.error(`the definition is longer than ${maximumDefinitionLength} characters`, 0);
    }
    this.#token = this.#scanner.next();
  }

  parse(): Interface {
    const comments = this.#begin();
    this.#expect('interface');
    const name = this.#name(interfacePattern, 'an interface name such as com.example.service');
    const members: Member[] = [];
    const names = new Map<string, Member>();
    while (this.#token.text !== '') {
      const { offset } = this.#token;
      const member = this.#member();
      if (names.has(member.name)) throw this.#scanner.error(`${member.name} is defined twice`, offset);
      names.set(member.name, member);
      members.push(member);
    }
    const trailingComments = this.#begin();
    for (const { text, offset } of this.#references) {
      if (names.get(text)?.kind !== 'type') throw this.#scanner.error(`there is no type ${text}`, offset);
    }
    return { name, comments, members, trailingComments };
  }

  #member(): Member {
    const comments = this.#begin();
    const keyword = this.#advance();
    if (keyword.text !== 'type' && keyword.text !== 'method' && keyword.text !== 'error') {
      throw this.#unexpected(keyword, 'type, method or error');
    }
    const name = this.#name(memberPattern, `the name of the ${keyword.text}, which begins with a capital letter`);
    if (keyword.text === 'type') return { kind: 'type', name, comments, value: this.#structOrEnum(0, comments) };
    const input = this.#struct(comments);
    if (keyword.text === 'error') return { kind: 'error', name, comments, parameters: input };
    this.#expect('->');
    return { kind: 'method', name, comments, input, output: this.#struct(comments) };
  }

  #struct(owner: string[]): Struct {
    const { offset } = this.#token;
    const value = this.#structOrEnum(0, owner);
    if (value.kind === 'struct') return value;
    throw this.#scanner.error('parameters need types, as in "name: string"', offset);
  }

  /** `owner` takes the comments after the closing bracket. */
  #structOrEnum(depth: number, owner: string[]): Struct | Enum {
    this.#expect('(');
    const fields: Field[] = [];
    const values: EnumValue[] = [];
    const names = new Set<string>();
    if (this.#take(')')) return { kind: 'struct', fields };
    do {
      const { offset } = this.#token;
      const comments = this.#begin();
      const name = this.#name(fieldPattern, 'a field name');
      if (names.has(name)) throw this.#scanner.error(`${name} is there twice`, offset);
      names.add(name);
      if (values.length === 0 && (fields.length > 0 || this.#token.text === ':')) {
        this.#expect(':');
        fields.push({ name, comments, type: this.#type(depth + 1, comments) });
      } else {
        values.push({ name, comments });
      }
    } while (this.#take(','));
    this.#expect(')');
    this.#current = owner;
    return values.length > 0 ? { kind: 'enum', values } : { kind: 'struct', fields };
  }

  #type(depth: number, owner: string[]): Type {
    if (this.#take('?')) {
      if (this.#token.text === '?') throw this.#scanner.error('a type is nullable only once', this.#token.offset);
      return { kind: 'nullable', element: this.#type(depth, owner) as Nullable['element'] };
    }
    if (composites.has(this.#token.text) && depth > maximumTypeDepth) {
      throw this.#scanner.error(`more than ${maximumTypeDepth} types inside each other`, this.#token.offset);
    }
    if (this.#take('[]')) return { kind: 'list', element: this.#type(depth + 1, owner) };
    if (this.#take('[string]')) return { kind: 'dictionary', element: this.#type(depth + 1, owner) };
    if (this.#token.text === '(') return this.#structOrEnum(depth, owner);
    const token = this.#advance();
    if (builtinTypes.has(token.text)) return { kind: token.text as Builtin['kind'] };
    if (!memberPattern.test(token.text)) throw this.#unexpected(token, 'a type');
    this.#references.push(token);
    return { kind: 'reference', name: token.text };
  }

  /** Starts an element: the comments before it are its own, except the one that ends the line of the element before. */
  #begin(): string[] {
    const own: string[] = [];
    for (const comment of this.#token.comments) (comment.endsLine ? this.#current : own).push(comment.text);
    this.#token = { ...this.#token, comments: noComments };
    this.#current = own;
    return own;
  }

  #advance(): Token {
    const token = this.#token;
    for (const comment of token.comments) this.#current.push(comment.text);
    if (token.text !== '') this.#token = this.#scanner.next();
    return token;
  }

  #take(text: string): boolean {
    if (this.#token.text !== text) return false;
    this.#advance();
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(this.#token, `"${text}"`);
  }

  #name(pattern: RegExp, what: string): string {
    const token = this.#advance();
    if (!pattern.test(token.text)) throw this.#unexpected(token, what);
    return token.text;
  }

  #unexpected(token: Token, wanted: string): Error {
    const found = token.text === '' ? 'the end' : `"${token.text}"`;
    return this.#scanner.error(`expected ${wanted}, found ${found}`, token.offset);
  }
}

const noComments: readonly Comment[] = [];

// What begins a type that has others inside.
const composites: ReadonlySet<string> = new Set(['(', '[]', '[string]']);

// The three kinds of names of the Varlink grammar; two or more hyphens in a row are good there, not in sd-varlink.
/** The name of an interface: two words with a dot between them, or more. */
export const interfacePattern: RegExp = /^[A-Za-z](?:-*[A-Za-z0-9])*(?:\.[A-Za-z0-9](?:-*[A-Za-z0-9])*)+$/;
const memberPattern = /^[A-Z][A-Za-z0-9]*$/;
const fieldPattern = /^[A-Za-z](?:_?[A-Za-z0-9])*$/;
