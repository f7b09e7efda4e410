import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { generateTypes } from '../../../src/varlink/idl/generate.ts';
import { findDefinitions, generateFile } from '../../../src/varlink/idl/generate-files.ts';
import { IdlError } from '../../../src/varlink/idl/idl-error.ts';
import { parseInterface } from '../../../src/varlink/idl/parse.ts';

describe('every definition has its types beside it, and they are current', () => {
  const definitions = ['src', 'test'].flatMap(findDefinitions);

  test('there are definitions', () => {
    expect(definitions).toContain('src/varlink/org.varlink.service.varlink');
  });

  test.each(definitions)('%s', (path) => {
    expect(generateFile(path, { check: true })).toBe(true);
  });
});

test('a definition becomes types, and comments become doc comments', () => {
  const text = generateTypes(
    parseInterface(`interface com.example.sample
      # How it is
      type State (good, bad)
      type Nothing ()
      # Two lines,
      # with */ in them
      type Thing (
        # Its name
        name: string, count: ?int, ratio: float, state: State, states: []State, maybe: ?[]?State, all: [string]Thing,
        raw: object, any: any, inner: (a: bool, list: [](x, y), set: [string]()), lists: [][]int)
      # Gets it
      method Get(name: string) -> (thing: ?Thing)
      method Ping() -> ()
      # Is not there
      error NotThere(name: string)
      error Bad()`),
  );
  expect(text.replace(/^export const description.*$/m, '')).toBe(`\
// Generated from com.example.sample.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** The definition of com.example.sample. */


/** How it is */
export type State = 'good' | 'bad';

export type Nothing = Record<string, never>;

/**
 * Two lines,
 * with *\\/ in them
 */
export interface Thing {
  /** Its name */
  name: string;
  count?: number | null | undefined;
  ratio: number;
  state: State;
  states: readonly State[];
  maybe?: readonly (State | null)[] | null | undefined;
  all: Record<string, Thing>;
  raw: Record<string, unknown>;
  any: unknown;
  inner: {
    a: boolean;
    list: readonly ('x' | 'y')[];
    set: Record<string, Record<string, never>>;
  };
  lists: readonly (readonly number[])[];
}

/** What each method takes and answers. */
export interface Methods {
  /** Gets it */
  Get: {
    parameters: {
      name: string;
    };
    reply: {
      thing?: Thing | null | undefined;
    };
  };
  Ping: {
    parameters: Record<string, never>;
    reply: Record<string, never>;
  };
}

/** What each error carries. */
export interface Errors {
  /** Is not there */
  NotThere: {
    name: string;
  };
  Bad: Record<string, never>;
}
`);
});

test('the text of the definition is in the module, as one literal', () => {
  const definition = parseInterface('# It\'s "here" \\ \u2028 */\ninterface a.b\nmethod A(x: int) -> ()');
  const literal = /^export const description: Description = (.*) as Description;$/m.exec(
    generateTypes(definition),
  )?.[1];
  // biome-ignore lint/security/noGlobalEval: a literal of our own
  expect(parseInterface(globalThis.eval(literal ?? ''))).toEqual(definition);
});

test('types called like what the module declares are renamed', () => {
  const text = generateTypes(parseInterface('interface a.b type Methods (a: Record) type Record (x, y)'));
  expect(text).toContain('export interface Methods_ {\n  a: Record_;\n}');
  expect(text).toContain("export type Record_ = 'x' | 'y';");
});

describe('files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'varlink-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'a.b.varlink');

  test('are written only when they are not current, and never by a check', () => {
    writeFileSync(path, 'interface a.b');
    expect(generateFile(path, { check: true })).toBe(false);
    expect(() => readFileSync(join(directory, 'a.b.ts'))).toThrow('ENOENT');
    expect(generateFile(path, { check: false })).toBe(false);
    expect(generateFile(path, { check: true })).toBe(true);
    expect(readFileSync(join(directory, 'a.b.ts'), 'utf8')).toContain('Generated from a.b.varlink');
    writeFileSync(path, 'interface a.b method New() -> ()');
    expect(generateFile(path, { check: true })).toBe(false);
    expect(findDefinitions(directory)).toEqual([path]);
  });

  test('are left alone when the definition is bad', () => {
    const before = readFileSync(join(directory, 'a.b.ts'), 'utf8');
    writeFileSync(path, 'interface a.b method');
    expect(() => generateFile(path, { check: false })).toThrow(IdlError);
    expect(readFileSync(join(directory, 'a.b.ts'), 'utf8')).toBe(before);
  });
});
