import { describe, expect, test } from 'vitest';
import { parseOptions, UsageError } from '../../bench/options.ts';

describe('options of the bench', () => {
  test('without any, the table that the project promises is measured', () => {
    expect(parseOptions([])).toMatchObject({
      rounds: 5,
      machines: [10, 480, 1000],
      connections: [1, 4, 16],
      json: false,
    });
  });

  test('lists are put in ascending order, each number once', () => {
    expect(parseOptions(['--machines', '480,10,480', '--connections=16,1'])).toMatchObject({
      machines: [10, 480],
      connections: [1, 16],
    });
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
