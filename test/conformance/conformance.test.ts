import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { compare, type Problem } from './compare.ts';
import { type KeeperName, log } from './keeper.ts';
import { knownDifferences, notAsked } from './known-differences.ts';
import type { Exchange, Question } from './question.ts';
import { areas } from './questions/index.ts';
import { randomQuestions } from './random-questions.ts';
import { World } from './world.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, nothing is compared with systemd-machined: ${unavailable}`);

/** Whose answers are held against systemd-machined's. It can be systemd-machined, which shows that the tests are right. */
const subject = (process.env['CONFORMANCE_SUBJECT'] ?? 'mymachines') as KeeperName;
const known = subject === 'mymachines' ? knownDifferences : [];
const seed = Number(process.env['CONFORMANCE_SEED'] ?? 20261121);

/** Questions that change nothing, and so can be asked again of who takes over. */
const looking: readonly Question[] = ['user-database', 'list', 'map'].flatMap((area) => areas[area] ?? []);
const random = randomQuestions(Number(process.env['CONFORMANCE_RANDOM'] ?? 400), seed);
const all: readonly Question[] = [...Object.values(areas).flat(), ...random];

function expectNone(problems: readonly Problem[]): void {
  const shown = problems.slice(0, Number(process.env['CONFORMANCE_SHOWN'] ?? 25)).join('\n');
  expect(problems.length, `${problems.length} problems:\n${shown}\n`).toBe(0);
}

describe.skipIf(unavailable !== undefined)(`${subject} beside systemd-machined`, { timeout: 300_000 }, () => {
  let world: World;
  let reference: Exchange[];
  const answersTo = (questions: readonly Question[], exchanges: readonly Exchange[]) => {
    const ids = new Set(questions.map(({ id }) => id));
    return exchanges.filter(({ question }) => ids.has(question.id));
  };

  beforeAll(async () => {
    world = await World.create();
    await world.startMachines();
    reference = await world.ask(all);
  }, 300_000);
  afterAll(() => world?.destroy(), 60_000);

  test('takes over systemd-machined’s machines and answers the same of them', async () => {
    await world.keepBy(subject);
    expectNone(compare(answersTo(looking, reference), await world.ask(looking), known));
  });

  describe('of machines that were registered with it', () => {
    beforeAll(async () => {
      await world.stopMachines();
      await world.startMachines();
    }, 60_000);

    test.each(Object.keys(areas))('answers the same: %s', async (area) => {
      const questions = areas[area] as readonly Question[];
      expectNone(compare(answersTo(questions, reference), await world.ask(questions), known));
    });

    test(`answers the same to ${random.length} random questions (CONFORMANCE_SEED=${seed})`, async () => {
      expectNone(compare(answersTo(random, reference), await world.ask(random), known));
    });
  });

  test('leaves state files from which systemd-machined knows the machines again', async () => {
    await world.keepBy('systemd-machined');
    expectNone(compare(answersTo(looking, reference), await world.ask(looking), []));
  });

  test('has nothing to complain about', async () => {
    if (subject === 'mymachines') expect(await log(world.lab, subject)).not.toMatch(/\b(error|warning|failed)\b/i);
  });
});

describe('the list of differences', () => {
  const table = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8');
  const rows = [...table.matchAll(/^\| ([a-z][a-z0-9-]*) +\|/gm)].map((match) => match[1]).filter((id) => id !== 'id');

  test('has a row for each known difference, and each row is asked about or says why not', () => {
    const listed = knownDifferences.map(({ id }) => id);
    expect(rows.length).toBeGreaterThan(3);
    expect([...new Set([...listed, ...Object.keys(notAsked)])].sort()).toEqual([...rows].sort());
  });

  test('names questions that are asked', () => {
    const idle = knownDifferences.filter(({ questions }) => !all.some(({ id }) => questions.test(id)));
    expect(idle.map(({ id, questions }) => `${id} ${questions}`)).toEqual([]);
  });

  test('can tell the questions apart', () => {
    const ids = all.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });
});
