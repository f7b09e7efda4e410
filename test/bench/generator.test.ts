import { describe, expect, test } from 'vitest';
import { chooseGenerator } from '../../bench/ceiling.ts';

describe('choosing the load generator', () => {
  const script = { name: 'TypeScript', command: [] };
  const native = { name: 'C', command: [] };
  const protocol = 'varlink' as const;
  const ceilings = (script16: number, native16: number) => [
    { protocol, generator: 'TypeScript', connections: 1, rate: 18_000 },
    { protocol, generator: 'C', connections: 1, rate: 18_500 },
    { protocol, generator: 'TypeScript', connections: 16, rate: script16 },
    { protocol, generator: 'C', connections: 16, rate: native16 },
  ];

  test('the one without a compiler is used while it is about as fast', () => {
    expect(chooseGenerator([script, native], ceilings(300_000, 320_000))).toBe(script);
  });

  test('the one in C is used when it is clearly faster somewhere', () => {
    expect(chooseGenerator([script, native], ceilings(250_000, 320_000))).toBe(native);
  });

  test('one that is faster with the other protocol only is not compared across them', () => {
    const slowBus = [
      { protocol: 'dbus', generator: 'TypeScript', connections: 1, rate: 7000 },
      { protocol: 'dbus', generator: 'C', connections: 1, rate: 7100 },
    ] as const;
    expect(chooseGenerator([script, native], [...slowBus, ...ceilings(300_000, 320_000)])).toBe(script);
  });

  test('without a compiler there is no choice', () => {
    expect(chooseGenerator([script], ceilings(1, 320_000))).toBe(script);
  });
});
