import { describe, expect, test } from 'vitest';
import { isWanted, isWhole, type Options, parseOptions, UsageError } from '../../bench/options.ts';

describe('options of the bench', () => {
  test('without any, the plan is measured as a whole', () => {
    const options = parseOptions([]) as Options;
    expect(options).toMatchObject({ rounds: 5, sizes: { few: 10, crowded: 480, thousand: 1000, many: 10_000 } });
    expect(options.grid).toBeUndefined();
    expect(isWhole(options)).toBe(true);
    expect(isWanted(options, 'anything')).toBe(true);
  });

  test('lists are put in ascending order, each number once, and are measured instead of the plan', () => {
    const options = parseOptions(['--machines', '480,10,480', '--connections=16,1']) as Options;
    expect(options.grid).toEqual({ machines: [10, 480], connections: [1, 16] });
    expect(isWhole(options)).toBe(false);
    expect(isWanted(options, 'anything')).toBe(false);
  });

  test.each([[['--quick']], [['--only', 'DNS']], [['--control']]])('%j is not the whole, to be kept', (args) => {
    expect(isWhole(parseOptions(args) as Options)).toBe(false);
  });

  test('only what has a text in its name is wanted', () => {
    const options = parseOptions(['--only', 'DNS']) as Options;
    expect([isWanted(options, 'DNS A'), isWanted(options, 'many')]).toEqual([true, false]);
  });

  test('the short form can be made longer piece by piece', () => {
    expect(parseOptions(['--quick', '--rounds', '2'])).toMatchObject({ rounds: 2, seconds: 0.1, warmUp: 0.1 });
  });

  test('help is no run', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
  });

  test.each([
    [['--rounds', '0'], '--rounds'],
    [['--machines', '10,'], '--machines'],
    [['--connections', '1.5'], '--connections'],
    [['--seconds', '-1'], '--seconds'],
    [['--seconds', '0'], '--seconds'],
    [['--fast'], '--fast'],
    [['extra'], 'extra'],
  ])('%j is refused, and the message names what is wrong', (args, named) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(named);
  });
});
