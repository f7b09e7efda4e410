import { describe, expect, test } from 'vitest';
import { Screen } from './screen.ts';

function shown(colours: boolean, use: (screen: Screen) => void): string {
  let text = '';
  use(
    new Screen((part) => {
      text += part;
    }, colours),
  );
  return text;
}

describe('the screen of the demo', () => {
  test('steps are numbered, commands and what they print stand below them', () => {
    const text = shown(false, (screen) => {
      screen.title('First');
      screen.command('true');
      screen.output('a\n  b\n\nc\n');
      screen.title('Second');
    });
    expect(text).toBe('\n1. First\n\n   $ true\n   a\n     b\n\n   c\n\n2. Second\n');
  });

  test('prose is broken between words', () => {
    const lines = shown(false, (screen) => screen.say(`${'word '.repeat(50)}`))
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatch(/^ {3}word( word)*$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.join(' ').match(/word/g)).toHaveLength(50);
  });

  test('there are colours only where they are wanted', () => {
    const all = (screen: Screen) => {
      screen.title('x');
      screen.command('x');
      screen.verdict('x', false);
    };
    expect(shown(false, all)).not.toContain('\u001b');
    expect(shown(true, all).split('\u001b[0m')).toHaveLength(4);
  });
});
