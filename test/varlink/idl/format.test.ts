import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatInterface } from '../../../src/varlink/idl/format.ts';
import { parseInterface } from '../../../src/varlink/idl/parse.ts';
import { arbitraryInterface } from './arbitrary-interface.ts';

test('parsing what was formatted gives the same tree, whatever the tree', () => {
  fc.assert(
    fc.property(arbitraryInterface, (tree) => {
      expect(parseInterface(formatInterface(tree))).toEqual(tree);
    }),
  );
});

test('formatting what was formatted changes nothing, wherever comments and white space were', () => {
  const separator = fc.constantFrom(' ', '\t', '\n', ' # a comment\n', '\r\n#\n', '\n\n  #   another one  \n \n');
  fc.assert(
    fc.property(arbitraryInterface, fc.infiniteStream(separator), (tree, separators) => {
      const tokens = formatInterface({ ...tree, comments: [], trailingComments: [] })
        .split('\n')
        .filter((line) => !line.trim().startsWith('#'))
        .flatMap((line) => line.match(/[\w.-]*[\w]|->|[(),:?]|\[\]|\[string\]/g) ?? []);
      const text = tokens.map((token) => token + separators.next().value).join('');
      const formatted = formatInterface(parseInterface(text));
      expect(formatInterface(parseInterface(formatted))).toBe(formatted);
      const count = (source: string) => source.split('#').length;
      expect(count(formatted)).toBe(count(text));
    }),
  );
});

// The text is what `varlinkctl introspect` of systemd 262 prints.
test('the layout is that of varlinkctl', () => {
  const printed = [
    '# Of the interface',
    'interface com.example.layout',
    '',
    '# Of a type',
    'type Kind(',
    '\tone,',
    '\t# Of a value',
    '\ttwo',
    ')',
    '',
    'type Thing(',
    '\t# Of a field',
    '\tkind: Kind,',
    '\tinner: (',
    '\t\ta: ?int,',
    '\t\tb: []string',
    '\t)',
    ')',
    '',
    'method Nothing() -> ()',
    '',
    '# Of a method',
    'method Get(',
    '\tname: string',
    ') -> (',
    '\tthings: [string]Thing',
    ')',
    '',
    'error NotThere()',
    '',
  ].join('\n');
  expect(formatInterface(parseInterface(printed))).toBe(printed);
  const oneLine = printed.replaceAll(/#.*/g, '').replaceAll(/\s+/g, ' ');
  expect(formatInterface(parseInterface(oneLine))).toBe(printed.replaceAll(/^\t*#.*\n/gm, ''));
});

test('the definition of org.varlink.service is in canonical layout', () => {
  const text = readFileSync('src/varlink/org.varlink.service.varlink', 'utf8');
  expect(formatInterface(parseInterface(text))).toBe(text);
});
