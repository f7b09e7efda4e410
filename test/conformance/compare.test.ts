import { describe, expect, test } from 'vitest';
import { compare } from './compare.ts';
import type { Exchange } from './question.ts';

const exchange = (id: string, ...receive: readonly string[]): Exchange => ({
  question: { id, kind: 'call', socket: 'userdb', send: [`{"method":"${id}"}`] },
  answer: { receive },
});
const rows = [
  {
    id: 'louder',
    explains: ({ theirs, ours }: { theirs: string; ours: string }) =>
      ours === theirs.toUpperCase().replace('RECEIVE', 'receive'),
  },
];

describe('a comparison', () => {
  test('finds nothing wrong with the same answers', () => {
    expect(compare([exchange('a', 'x', 'y')], [exchange('a', 'x', 'y')], rows, {})).toEqual({
      problems: [],
      differing: {},
    });
  });

  test('tells an answer that differs in one byte, in the number of replies, and by a closed connection', () => {
    for (const answer of [{ receive: ['x '] }, { receive: ['x', 'x'] }, { receive: ['x'], closed: true } as const]) {
      const { problems } = compare([exchange('a', 'x')], [{ ...exchange('a'), answer }], rows, {});
      expect(problems).toEqual([expect.stringContaining('differs, unexplained: "a"')]);
    }
  });

  test('accepts a difference only when a row explains it and its question is on the row’s list', () => {
    const differs = [[exchange('a', 'x')], [exchange('a', 'X')], rows] as const;
    expect(compare(...differs, { louder: ['a'] })).toEqual({ problems: [], differing: { louder: ['a'] } });
    expect(compare(...differs, {}).problems).toEqual([expect.stringContaining('differs by louder, unlisted: "a"')]);
    const other = compare([exchange('a', 'x')], [exchange('a', 'z')], rows, { louder: ['a'] });
    expect(other.problems).toEqual([expect.stringContaining('differs, unexplained: "a"')]);
  });

  test('tells a listed difference that is no more', () => {
    const { problems } = compare([exchange('a', 'x')], [exchange('a', 'x')], rows, { louder: ['a'] });
    expect(problems).toEqual(['does not differ, but is listed as louder: "a"']);
  });

  test('takes the machines of a list in any order, but not any number of them', () => {
    const [one, two] = ['{"parameters":{"name":"a"}', '{"parameters":{"name":"b"}'];
    const list = (...receive: readonly string[]): Exchange => ({
      question: { id: 'l', kind: 'call', socket: 'machine', send: [], unordered: true },
      answer: { receive },
    });
    const reference = [list(`${one},"continues":true}`, `${two}}`)];
    expect(compare(reference, [list(`${two},"continues":true}`, `${one}}`)], [], {}).problems).toEqual([]);
    expect(compare(reference, [list(`${two}}`, `${one}}`)], [], {}).problems).toHaveLength(1);
    expect(compare(reference, [list(`${two}}`)], [], {}).problems).toHaveLength(1);
  });

  test('needs the same questions', () => {
    expect(() => compare([exchange('a', 'x')], [], rows, {})).toThrow('"a"');
  });
});
