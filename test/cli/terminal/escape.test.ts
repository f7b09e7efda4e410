import { expect, test } from 'vitest';
import { Escape } from '../../../src/cli/terminal/escape.ts';

const KEY = '\u001d';

/** When the way out was found: the index of what was typed, or undefined. */
function found(...typed: readonly (readonly [number, string])[]): number | undefined {
  const wayOut = new Escape();
  const index = typed.findIndex(([at, text]) => wayOut.found(Buffer.from(text), at));
  return index < 0 ? undefined : index;
}

test.each([
  ['at once', [[0, KEY + KEY + KEY]], 0],
  [
    'one by one',
    [
      [0, KEY],
      [500, KEY],
      [1000, KEY],
    ],
    2,
  ],
  [
    'the last three of four that are slower',
    [
      [0, KEY],
      [800, KEY],
      [1600, KEY],
      [1700, KEY],
    ],
    3,
  ],
  [
    'behind other text',
    [
      [0, `abc${KEY}`],
      [10, KEY],
      [20, `${KEY}x`],
    ],
    2,
  ],
  [
    'too slow',
    [
      [0, KEY],
      [500, KEY],
      [1001, KEY],
    ],
    undefined,
  ],
  [
    'with something in between',
    [
      [0, `${KEY}${KEY} ${KEY}`],
      [10, KEY],
    ],
    undefined,
  ],
  [
    'other keys',
    [
      [0, 'aaa'],
      [0, '\u001b\u001b\u001b'],
      [0, '^]^]^]'],
    ],
    undefined,
  ],
] as const)('%s', (_name, typed, at) => {
  expect(found(...typed)).toBe(at);
});
