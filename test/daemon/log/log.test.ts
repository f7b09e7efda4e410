import { expect, test } from 'vitest';
import { Log } from '../../../src/daemon/log/log.ts';

function lineOf(text: string, fields: Readonly<Record<string, string>>): string {
  const lines: string[] = [];
  new Log(7, (line) => lines.push(line), true).info(text, fields);
  expect(lines).toHaveLength(1);
  return lines[0] as string;
}

test('what comes from outside cannot look like another field or line', () => {
  expect(lineOf('added', { name: 'a b=c', unit: 'x"\n<3>gone' })).toBe('<6>added name="a b=c" unit="x\\"\\n<3>gone"\n');
});

test('nor can it be an escape sequence, turn the direction of text, or end a line in other ways', () => {
  expect(lineOf('added', { name: '\u001b[2J \u009b2J \u007f \u0085 \u202e \u2028 \u{e0041}' })).toBe(
    '<6>added name="\\u001b[2J \\u009b2J \\u007f \\u0085 \\u202e \\u2028 \\udb40\\udc41"\n',
  );
  expect(lineOf('a\u009b\u202e\u2029b', {})).toBe('<6>a???b\n');
});
