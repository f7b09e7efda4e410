import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable } from '../../support/lab.ts';
import { buildAgent } from '../build.ts';
import { compare, type DifferingQuestions } from '../compare.ts';
import { type KeeperName, log } from '../keeper.ts';
import type { Question } from '../question.ts';
import { knownDifferences } from './known-differences.ts';
import { areas } from './questions/index.ts';
import { Side } from './side.ts';

// Two labs, alike but for who keeps the registry: unmodified programs are run in both, and print the same.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no client is run beside systemd-machined: ${unavailable}`);

/** Whose answers are held against systemd-machined's. It can be systemd-machined, which shows that the tests are right. */
const subject = (process.env['CONFORMANCE_SUBJECT'] ?? 'mymachines') as KeeperName;
const rows = subject === 'mymachines' ? knownDifferences : [];
/** The questions with this in their id, to look at a few. */
const only = process.env['CONFORMANCE_ONLY'];

const listFile = new URL('differing-questions.json', import.meta.url);
const listed = JSON.parse(readFileSync(listFile, 'utf8')) as DifferingQuestions;
/** With CONFORMANCE_UPDATE set, differences that a row explains are put on the list instead of being failures. */
const update = process.env['CONFORMANCE_UPDATE'] !== undefined;
const found: Record<string, string[]> = {};

describe.skipIf(unavailable !== undefined)(
  `clients of ${subject} and of systemd-machined`,
  { timeout: 120_000 },
  () => {
    let reference: Side | undefined;
    let ours: Side | undefined;

    beforeAll(async () => {
      const options = { agent: 'conformance-clients', suite: 'forky' } as const;
      await buildAgent(options.agent);
      const sides = ['systemd-machined', subject] as const;
      [reference, ours] = await Promise.all(sides.map((keeper) => Side.create(keeper, options)));
    }, 60_000);
    afterAll(async () => {
      await Promise.all([reference?.destroy(), ours?.destroy()]);
      if (!update) return;
      const sorted = Object.keys(found)
        .sort()
        .map((row) => [row, [...(found[row] ?? [])].sort()]);
      writeFileSync(listFile, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
    }, 60_000);

    test.each(Object.keys(areas))('%s', async (area) => {
      const questions = (areas[area] as readonly Question[]).filter(({ id }) => id.includes(only ?? ''));
      const answers = await Promise.all([(reference as Side).ask(questions), (ours as Side).ask(questions)]);
      const { problems, differing } = compare(...answers, rows, rows.length === 0 ? {} : listed);
      for (const [row, ids] of Object.entries(differing)) found[row] = [...(found[row] ?? []), ...ids];
      const serious = update ? problems.filter((problem) => problem.startsWith('differs, unexplained')) : problems;
      const shown = serious.slice(0, Number(process.env['CONFORMANCE_SHOWN'] ?? 25)).join('\n');
      expect(serious.length, `${serious.length} problems:\n${shown}\n`).toBe(0);
    });

    test('nobody has logged an error', async () => {
      expect(await log((ours as Side).lab, subject, 'err')).toBe('');
    });
  },
);

describe('the list of differences of clients', () => {
  const all = Object.values(areas).flat();
  const ids = all.map(({ id }) => id);

  test('has for each row questions that are asked', () => {
    expect(Object.keys(listed).sort()).toEqual(knownDifferences.map(({ id }) => id).sort());
    expect(Object.values(listed).every((questions) => questions.length > 0)).toBe(true);
    const asked = new Set(ids);
    expect(
      Object.values(listed)
        .flat()
        .filter((id) => !asked.has(id)),
    ).toEqual([]);
  });

  test('can tell the questions apart', () => {
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });
});
