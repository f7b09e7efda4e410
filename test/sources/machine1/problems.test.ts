import { beforeEach, describe, expect, it } from 'vitest';
import { Problems } from '../../../src/sources/machine1/problems.ts';

describe('Problems', () => {
  let told: string[];
  let problems: Problems;
  beforeEach(() => {
    told = [];
    problems = new Problems((error) => told.push(error.message));
  });
  const report = (subject: string, text: string) => problems.report(subject, new Error(text));

  it('tells each of a machine once, whatever comes between', () => {
    for (const text of ['bad name', 'bad class', 'bad name', 'bad class']) report('web', text);
    report('db', 'bad name');
    expect(told).toEqual(['bad name', 'bad class', 'bad name']);
  });

  it('tells it of the next machine of that name, also where nobody said that the last one has gone', () => {
    report('web', 'bad name');
    problems.forget('web');
    report('web', 'bad name');
    expect(told).toHaveLength(2);
    problems.keepOnly(new Set(['web']));
    report('web', 'bad name');
    expect(told).toHaveLength(2);
    problems.keepOnly(new Set(['db']));
    report('web', 'bad name');
    expect(told).toHaveLength(3);
  });

  it('does not keep ever more of who says ever new things', () => {
    for (let i = 0; i < 2500; i++) report(`m${i}`, 'x');
    for (let i = 0; i < 2500; i++) report('web', `${i}`);
    expect(told).toHaveLength(5000);
    // The last ones are known all the same.
    report('m2499', 'x');
    report('web', '2499');
    expect(told).toHaveLength(5000);
  });
});
