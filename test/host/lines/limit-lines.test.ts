import { afterAll, describe, expect, it } from 'vitest';
import type { ServiceFacts } from '../../../src/host/host-facts.ts';
import { limitKinds, limitLines } from '../../../src/host/lines/limit-lines.ts';

const seen = new Set<string>();
const service = (openDescriptors: number, descriptorLimit: number): ServiceFacts => ({
  pid: 1,
  openDescriptors,
  descriptorLimit,
  machines: [],
});
const told = (facts: ServiceFacts | undefined, kernel = '6.12.0') =>
  limitLines(facts, kernel).map(({ level, of, reason, what, mend }) => {
    expect(of).toBe('limits');
    seen.add(reason);
    return [level, reason, what, mend];
  });

describe('the lines of limits', () => {
  it('say how many descriptors are in use', () => {
    expect(told(service(74, 100))).toEqual([
      ['ok', 'limits_far', '74 of 100 descriptors of the service are in use', undefined],
    ]);
    expect(told(service(1e6, Infinity))[0]?.slice(0, 2)).toEqual(['ok', 'limits_far']);
  });

  it('say that they are nearly all in use', () => {
    const mend = 'raise LimitNOFILE= of its unit (systemd.exec(5))';
    const what = '75 of 100 descriptors of the service are in use';
    expect(told(service(75, 100))).toEqual([['warn', 'descriptors_near', what, mend]]);
  });

  it.each(['6.8.12-generic', '5.15.0', '5.6.0'])('say that Linux %s is too old for process ids', (kernel) => {
    expect(told(undefined, kernel)).toEqual([
      [
        'warn',
        'kernel_old',
        `Linux ${kernel} cannot tell a process from a later one of the same number in every case`,
        'Linux 6.9 or later can',
      ],
    ]);
  });

  it.each(['6.9.0', '6.10', '6.18.44-cloud', '7.0.0'])('say nothing of Linux %s', (kernel) => {
    expect(told(undefined, kernel)).toEqual([]);
  });

  afterAll(() => expect(seen).toEqual(new Set(Object.keys(limitKinds))));
});
