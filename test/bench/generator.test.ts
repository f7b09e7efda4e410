import { describe, expect, test } from 'vitest';
import { chooseGenerator } from '../../bench/ceiling.ts';

describe('choosing the load generator', () => {
  const script = { name: 'TypeScript', command: [] };
  const native = { name: 'C', command: [] };
  const ceilings = (script16: number, native16: number) => [
    { generator: 'TypeScript', connections: 1, rate: 18_000 },
    { generator: 'C', connections: 1, rate: 18_500 },
    { generator: 'TypeScript', connections: 16, rate: script16 },
    { generator: 'C', connections: 16, rate: native16 },
  ];

  test('the one without a compiler is used while it is about as fast', () => {
    expect(chooseGenerator([script, native], ceilings(300_000, 320_000))).toBe(script);
  });

  test('the one in C is used when it is clearly faster somewhere', () => {
    expect(chooseGenerator([script, native], ceilings(250_000, 320_000))).toBe(native);
  });

  test('without a compiler there is no choice', () => {
    expect(chooseGenerator([script], ceilings(1, 320_000))).toBe(script);
  });
});
