import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdlError } from '../../../src/varlink/idl/idl-error.ts';
import { maximumDefinitionLength, maximumTypeDepth, parseInterface } from '../../../src/varlink/idl/parse.ts';

test('every construct of the grammar becomes its node', () => {
  const tree = parseInterface(`
# about all
interface com.example.all-1
type E (one, two_2)
type S (a: bool, b: ?int, c: []float, d: [string]?E, e: (x: any), f: (y, z), g: (), h: ?[]?[string]object)
method M(s: S) -> ()
error Bad(why: string)
# the end`);
  expect(tree).toEqual({
    name: 'com.example.all-1',
    comments: ['about all'],
    trailingComments: ['the end'],
    members: [
      {
        kind: 'type',
        name: 'E',
        comments: [],
        value: {
          kind: 'enum',
          values: [
            { name: 'one', comments: [] },
            { name: 'two_2', comments: [] },
          ],
        },
      },
      {
        kind: 'type',
        name: 'S',
        comments: [],
        value: {
          kind: 'struct',
          fields: [
            field('a', { kind: 'bool' }),
            field('b', { kind: 'nullable', element: { kind: 'int' } }),
            field('c', { kind: 'list', element: { kind: 'float' } }),
            field('d', {
              kind: 'dictionary',
              element: { kind: 'nullable', element: { kind: 'reference', name: 'E' } },
            }),
            field('e', { kind: 'struct', fields: [field('x', { kind: 'any' })] }),
            field('f', {
              kind: 'enum',
              values: [
                { name: 'y', comments: [] },
                { name: 'z', comments: [] },
              ],
            }),
            field('g', { kind: 'struct', fields: [] }),
            field('h', {
              kind: 'nullable',
              element: {
                kind: 'list',
                element: { kind: 'nullable', element: { kind: 'dictionary', element: { kind: 'object' } } },
              },
            }),
          ],
        },
      },
      {
        kind: 'method',
        name: 'M',
        comments: [],
        input: { kind: 'struct', fields: [field('s', { kind: 'reference', name: 'S' })] },
        output: { kind: 'struct', fields: [] },
      },
      {
        kind: 'error',
        name: 'Bad',
        comments: [],
        parameters: { kind: 'struct', fields: [field('why', { kind: 'string' })] },
      },
    ],
  });
});

test('a comment belongs to what it stands before, or to what it ends the line of', () => {
  const tree = parseInterface(`#of the interface
interface a.b # also of the interface
#  of the method

# and
method M(
  # of a
  a: int, # also of a
  # of b
  b: (x, # of x
    # of y
    y
    # left over: also of y
  ) # also of b
) -> () # also of the method`);
  expect(tree.comments).toEqual(['of the interface', 'also of the interface']);
  expect(tree.members).toMatchObject([
    {
      comments: [' of the method', 'and', 'also of the method'],
      input: {
        fields: [
          { name: 'a', comments: ['of a', 'also of a'] },
          {
            name: 'b',
            comments: ['of b', 'also of b'],
            type: {
              values: [
                { name: 'x', comments: ['of x'] },
                { name: 'y', comments: ['of y', 'left over: also of y'] },
              ],
            },
          },
        ],
      },
    },
  ]);
});

// varlinkctl of systemd 262 takes these too, but for the last four, which the grammar has and sd-varlink has not.
test.each([
  'interface a.b method A()->() method B()->()',
  'interface a.b\r\nmethod A() -> ()\r\n',
  'interface a.b',
  'interface a.B',
  'interface A.b',
  'interface a.1',
  'interface a.b-c',
  'interface a.b method A\n()\n->\n()',
  'interface a.b type T(a:int)type U(b:int)method A()->()error E()',
  'interface a.b method A(type:int,method:int,int:int,X:int,x_y:int) -> ()',
  'interface a.b method A(t: T) -> () type T (t: ?T)',
  'interface a.b type T (ONE, Two, th_ree)',
  'interface a.b--c',
  'interface a.b method A(x: [][]int) -> ()',
  'interface a.b method A(x: [string]()) -> ()',
  'interface a.b method A(x: []?(a: int)) -> ()',
])('%j is a definition', (text) => {
  expect(parseInterface(text).name.toLowerCase()).toMatch(/^a\./);
});

test.each([
  ['', 1, 1, 'expected "interface", found the end'],
  ['# only a comment\n', 2, 1, 'expected "interface", found the end'],
  ['method A() -> ()', 1, 1, 'expected "interface", found "method"'],
  ['interface a', 1, 11, 'an interface name'],
  ['interface 1.b', 1, 11, 'an interface name'],
  ['interface a..b', 1, 11, 'an interface name'],
  ['interface a.b-', 1, 11, 'an interface name'],
  ['interface a.b_c', 1, 11, 'an interface name'],
  ['interface a.b\nmethods A() -> ()', 2, 1, 'expected type, method or error, found "methods"'],
  ['interface a.b\nmethod a() -> ()', 2, 8, 'begins with a capital letter'],
  ['interface a.b\nmethod A_b() -> ()', 2, 8, 'begins with a capital letter'],
  ['interface a.b\nmethod A() -> ()\n  type A ()', 3, 3, 'A is defined twice'],
  ['interface a.b\nmethod A(x:int,) -> ()', 2, 16, 'a field name'],
  ['interface a.b\nmethod A(x:int,x:int) -> ()', 2, 16, 'x is there twice'],
  ['interface a.b\ntype T (x,x)', 2, 11, 'x is there twice'],
  ['interface a.b\nmethod A(x__y:int) -> ()', 2, 10, 'a field name'],
  ['interface a.b\nmethod A(_x:int) -> ()', 2, 10, 'a field name'],
  ['interface a.b\nmethod A(x_:int) -> ()', 2, 10, 'a field name'],
  ['interface a.b\nmethod A(1x:int) -> ()', 2, 10, 'a field name'],
  ['interface a.b\nmethod A(x-y:int) -> ()', 2, 10, 'a field name'],
  ['interface a.b\nmethod A(x:??int) -> ()', 2, 13, 'a type is nullable only once'],
  ['interface a.b\nmethod A(x:Unknown) -> ()', 2, 12, 'there is no type Unknown'],
  ['interface a.b\nmethod A(x:B) -> ()\nerror B()', 2, 12, 'there is no type B'],
  ['interface a.b\nmethod A(x:number) -> ()', 2, 12, 'expected a type, found "number"'],
  ['interface a.b\nmethod A(x:(a,b:int)) -> ()', 2, 16, 'expected ")", found ":"'],
  ['interface a.b\nmethod A(x:(a:int,b)) -> ()', 2, 20, 'expected ":", found ")"'],
  ['interface a.b\nmethod A(a,b) -> ()', 2, 9, 'parameters need types'],
  ['interface a.b\nmethod A() -> (a)', 2, 15, 'parameters need types'],
  ['interface a.b\nerror E(a)', 2, 8, 'parameters need types'],
  ['interface a.b\nerror E', 2, 8, 'expected "(", found the end'],
  ['interface a.b\ntype T int', 2, 8, 'expected "(", found "int"'],
  ['interface a.b\ntype T []int', 2, 8, 'expected "("'],
  ['interface a.b\nmethod A(x:[int]int) -> ()', 2, 12, 'unexpected character "["'],
  ['interface a.b\nmethod A(x:int) ()', 2, 17, 'expected "->", found "("'],
  ['interface a.b\nmethod A(x:int', 2, 15, 'expected ")", found the end'],
  ['interface a.b\nmethod A() -> () \u{1f600}', 2, 18, 'unexpected character "\u{1f600}"'],
  ['interface a.b\0', 1, 14, 'unexpected character "\\u0000"'],
])('%j is refused, with the place', (text, line, column, message) => {
  expect.assertions(3);
  try {
    parseInterface(text);
  } catch (error) {
    expect(error).toBeInstanceOf(IdlError);
    expect((error as IdlError).message).toContain(message);
    expect(error).toMatchObject({ line, column });
  }
});

describe('limits', () => {
  const nested = (open: string, close: string, depth: number) =>
    `interface a.b\nmethod A(x:${open.repeat(depth)}int${close.repeat(depth)}) -> ()`;

  // varlinkctl of systemd 262 takes 64 structs inside each other, and not 65.
  test.each([
    ['(a:', ')'],
    ['[]', ''],
    ['?[]', ''],
    ['[string]', ''],
  ])('types are nested no deeper than the limit with %s', (open, close) => {
    expect(parseInterface(nested(open, close, maximumTypeDepth)).members).toHaveLength(1);
    expect(() => parseInterface(nested(open, close, maximumTypeDepth + 1))).toThrow(/64 types inside each other/);
    expect(() => parseInterface(nested(open, close, 100_000))).toThrow(IdlError);
  });

  test('a definition is no longer than the limit', () => {
    const text = 'interface a.b\n#';
    expect(parseInterface(text.padEnd(maximumDefinitionLength, 'x')).name).toBe('a.b');
    expect(() => parseInterface(text.padEnd(maximumDefinitionLength + 1, 'x'))).toThrow(IdlError);
  });

  test('whatever the text is, it is parsed or refused in good time', () => {
    const piece = fc.constantFrom(
      'interface a.b',
      'type T',
      'method M',
      '(',
      ')',
      '->',
      'a',
      ':',
      ',',
      'int',
      '?',
      '#\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        try {
          parseInterface(pieces.join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(IdlError);
        }
      }),
    );
  });
});

function field(name: string, type: object): object {
  return { name, comments: [], type };
}
