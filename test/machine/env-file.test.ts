import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAssignment, parseAssignments } from '../../src/machine/env-file.ts';

describe('writing an environment file', () => {
  it.each([
    // What systemd 262 wrote for machines with these root directories (the last: a service).
    ['/', '/'],
    ['/a b', '"/a b"'],
    ['/a ', '"/a "'],
    ['/a"b', '"/a\\"b"'],
    ["/a'b", '"/a\'b"'],
    ['/a$b', '"/a\\$b"'],
    ['/a\\b', '"/a\\\\b"'],
    ['/a`b', '"/a\\`b"'],
    ['/a\nb', '"/a\nb"'],
    ['/a\tb', '"/a\tb"'],
    ['/a\rb', '"/a\rb"'],
    ['/a\x01b', '"/a\x01b"'],
    ['/a\x1bb', '"/a\x1bb"'],
    ['/a;b', '"/a;b"'],
    ['/a*b', '"/a*b"'],
    ['/a!b', '"/a!b"'],
    ['/a?b', '"/a?b"'],
    ['/a[b', '"/a[b"'],
    ['/a&b|c<d>e(f)', '"/a&b|c<d>e(f)"'],
    ['/ä', '/ä'],
    ['/a\u00a0b', '/a\u00a0b'],
    ['/a\u0085b', '/a\u0085b'],
    ['/\u{1F600}', '/\u{1F600}'],
    ['/a#b', '/a#b'],
    ['/#a', '/#a'],
    ['/a=b', '/a=b'],
    ['/~a', '/~a'],
    ['/a{b', '/a{b'],
    ['/a^b', '/a^b'],
    ['/a%b,c@d+e:f', '/a%b,c@d+e:f'],
    ['x$y"z', '"x\\$y\\"z"'],
    ['a\nB=1', '"a\nB=1"'],
    ['', ''],
  ])('puts %j as %s', (value, written) => {
    expect(formatAssignment('ROOT', value)).toBe(`ROOT=${written}\n`);
    expect(parseAssignments(formatAssignment('ROOT', value)).get('ROOT')).toBe(value);
  });

  it('refuses a zero byte', () => {
    expect(() => formatAssignment('ROOT', '/a\0b')).toThrow(TypeError);
  });

  it('can be read again, whatever the values', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'a"\\`$\'\n\r\t #;=x') }),
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const writable = values.map((text) => text.replaceAll('\0', ''));
        const text = writable.map((written, index) => formatAssignment(`KEY${index}`, written)).join('');
        expect([...parseAssignments(text)]).toEqual(writable.map((written, index) => [`KEY${index}`, written]));
      }),
    );
  });
});

// The same forms were given to systemd 262 as an EnvironmentFile=, and gave the same values.
describe('reading an environment file', () => {
  it.each<[string, Record<string, string>]>([
    ['', {}],
    ['A=1', { A: '1' }],
    ['# A=0\n;B=0\n\n  A=1\n', { A: '1' }],
    ['A=1\nA=2\n', { A: '2' }],
    ['A=\nB=1\n', { A: '', B: '1' }],
    ['nothing\nA=1\n', { A: '1' }],
    ['A = 1 2  \n', { A: '1 2' }],
    ['A=a\\\nb\nB=1', { A: 'ab', B: '1' }],
    ['A=a\\ b\\\\c\\$\n', { A: 'a b\\c$' }],
    ['A=trailing\\ \n', { A: 'trailing ' }],
    ['A="a\\nb\\"c\\\\"\n', { A: 'a\\nb"c\\' }],
    ['A="a\\\nb"\n', { A: 'ab' }],
    ["A='a\\b\"c'\n", { A: 'a\\b"c' }],
    ['A="a" \'b\'c\n', { A: 'abc' }],
    ['A=a"b"\n', { A: 'a"b"' }],
    ['A="unfinished\nB=1\n', { A: 'unfinished\nB=1\n' }],
    ["A='unfinished", { A: 'unfinished' }],
    ['A="unfinished\\', { A: 'unfinished' }],
    ['A=unfinished\\', { A: 'unfinished' }],
    ['A="a=b"\nB=c=d\n', { A: 'a=b', B: 'c=d' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['=1\n', { '': '1' }],
    ['__proto__=1\n', { ['__proto__']: '1' }],
  ])('%j', (text, values) => {
    expect([...parseAssignments(text)]).toEqual(Object.entries(values));
  });

  it('never fails, and ends soon', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab="\'\\\n\r #;$') });
    fc.assert(fc.property(text, (any) => parseAssignments(any).size <= any.length));
    const started = performance.now();
    for (const line of ['x\n', 'A=b\n', '\\', '"', 'A=" \n', 'A=  \\\n', ' ']) parseAssignments(line.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
