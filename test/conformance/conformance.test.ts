import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { knownDifferences as clientDifferences } from './clients/known-differences.ts';
import { compare, type DifferingQuestions } from './compare.ts';
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
const rows = subject === 'mymachines' ? knownDifferences : [];
const seed = Number(process.env['CONFORMANCE_SEED'] ?? 20261121);

/** Questions that change nothing, and so can be asked again of who takes over. */
const looking: readonly Question[] = ['user-database', 'list', 'map'].flatMap((area) => areas[area] ?? []);
const random = randomQuestions(Number(process.env['CONFORMANCE_RANDOM'] ?? 400), seed);
const all: readonly Question[] = [...Object.values(areas).flat(), ...random];

const listFile = new URL('differing-questions.json', import.meta.url);
const listed = JSON.parse(readFileSync(listFile, 'utf8')) as DifferingQuestions;
/** With CONFORMANCE_UPDATE set, differences that a row explains are put on the list instead of being failures. */
const update = process.env['CONFORMANCE_UPDATE'] !== undefined;
const found: Record<string, Set<string>> = {};

function expectSame(reference: readonly Exchange[], ours: readonly Exchange[], between = rows): void {
  const { problems, differing } = compare(reference, ours, between, between.length === 0 ? {} : listed);
  for (const [row, ids] of Object.entries(differing)) {
    found[row] = new Set([...(found[row] ?? []), ...ids]);
  }
  const serious = update ? problems.filter((problem) => problem.startsWith('differs, unexplained')) : problems;
  const shown = serious.slice(0, Number(process.env['CONFORMANCE_SHOWN'] ?? 25)).join('\n');
  expect(serious.length, `${serious.length} problems:\n${shown}\n`).toBe(0);
}

describe.skipIf(unavailable !== undefined)(`${subject} beside systemd-machined`, { timeout: 300_000 }, () => {
  let world: World;
  let reference: Exchange[];
  let restarted: Exchange[];
  const answersTo = (questions: readonly Question[], exchanges: readonly Exchange[]) => {
    const ids = new Set(questions.map(({ id }) => id));
    return exchanges.filter(({ question }) => ids.has(question.id));
  };

  beforeAll(async () => {
    world = await World.create();
    await world.startMachines();
    reference = await world.ask(all);
    // What is not in a state file is forgotten.
    await world.keepBy('systemd-machined');
    restarted = await world.ask(looking);
  }, 300_000);
  afterAll(async () => {
    await world?.destroy();
    if (!update) return;
    const sorted = Object.keys(found)
      .sort()
      .map((row) => [row, [...(found[row] ?? [])].sort()]);
    writeFileSync(listFile, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  }, 60_000);

  test('takes over systemd-machined’s machines and answers the same of them', async () => {
    await world.keepBy(subject);
    expectSame(restarted, await world.ask(looking));
  });

  describe('of machines that were registered with it', () => {
    beforeAll(async () => {
      await world.stopMachines();
      await world.startMachines();
    }, 60_000);

    test.each(Object.keys(areas))('answers the same: %s', async (area) => {
      const questions = areas[area] as readonly Question[];
      expectSame(answersTo(questions, reference), await world.ask(questions));
    });

    test(`answers the same to ${random.length} random questions (CONFORMANCE_SEED=${seed})`, async () => {
      expectSame(answersTo(random, reference), await world.ask(random));
    });
  });

  test('leaves state files from which systemd-machined knows the machines again', async () => {
    await world.keepBy('systemd-machined');
    // systemd-machined reads a machine's subgroup from its state file, but does not write it there.
    const expected = subject === 'mymachines' ? answersTo(looking, reference) : restarted;
    expectSame(expected, await world.ask(looking), []);
  });

  test('has logged no error', async () => {
    expect(await log(world.lab, subject, 'err')).toBe('');
  });
});

describe('the list of differences', () => {
  const table = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8');
  const ids = [...table.matchAll(/^\| ([a-z][a-z0-9-]*) +\|/gm)]
    .flatMap((match) => match[1] ?? [])
    .filter((id) => id !== 'id');
  const known = knownDifferences.map(({ id }) => id);

  test('has a row for each known difference, and each row is asked about or says why not', () => {
    expect(ids.length).toBeGreaterThan(3);
    const explained = new Set([...known, ...clientDifferences.map(({ id }) => id), ...Object.keys(notAsked)]);
    expect([...explained].sort()).toEqual([...ids].sort());
  });

  test('has for each row questions that are asked', () => {
    expect(Object.keys(listed).sort()).toEqual([...known].sort());
    const asked = new Set(all.map(({ id }) => id));
    expect(
      Object.values(listed)
        .flat()
        .filter((id) => !asked.has(id)),
    ).toEqual([]);
    expect(Object.values(listed).every((questions) => questions.length > 0)).toBe(true);
  });

  test('can tell the questions apart', () => {
    const names = all.map(({ id }) => id);
    expect(names.filter((id, index) => names.indexOf(id) !== index)).toEqual([]);
  });
});
