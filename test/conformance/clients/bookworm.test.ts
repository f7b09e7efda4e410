import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable } from '../../support/lab.ts';
import { buildAgent } from '../build.ts';
import { compare } from '../compare.ts';
import { type KeeperName, log } from '../keeper.ts';
import type { Question } from '../question.ts';
import { machinectlQuestions } from './questions/machinectl.ts';
import { nameServiceQuestions } from './questions/name-service.ts';
import { operationQuestions } from './questions/operations.ts';
import { signalQuestions } from './questions/signals.ts';
import { Side } from './side.ts';

// Debian 12: the libnss_mymachines, machinectl and systemd-nspawn of systemd 252, which registers its containers over
// D-Bus. What they are used for is the same with systemd-machined 252, which has fewer properties, no supervisor, and
// another idea of what every user may know.

const unavailable = await labUnavailable('bookworm');
if (unavailable !== undefined) console.warn(`skipped, no client of systemd 252 is run: ${unavailable}`);

/** Who is held against systemd-machined 252, which can be that itself. */
const subject = (process.env['CONFORMANCE_SUBJECT'] ?? 'mymachines') as KeeperName;

const pick = (questions: readonly Question[], these: RegExp, not: RegExp): readonly Question[] =>
  questions.filter(({ id }) => these.test(id) && !not.test(id));

const areas: Readonly<Record<string, readonly Question[]>> = {
  'the name service': nameServiceQuestions,
  'machinectl list and status': pick(machinectlQuestions, /^machinectl: machinectl( list| status|$)/, /list-images/),
  signals: pick(signalQuestions, /gdbus/, /^$/),
  'operations and ends': pick(operationQuestions, /./, /supervisor|alice|strange/),
};

describe.skipIf(unavailable !== undefined)(`clients of systemd 252 and ${subject}`, { timeout: 120_000 }, () => {
  let reference: Side | undefined;
  let ours: Side | undefined;

  beforeAll(async () => {
    const options = { agent: 'conformance-bookworm', suite: 'bookworm' } as const;
    await buildAgent(options.agent);
    const sides = ['systemd-machined', subject] as const;
    [reference, ours] = await Promise.all(sides.map((keeper) => Side.create(keeper, options)));
  }, 60_000);
  afterAll(async () => {
    await Promise.all([reference?.destroy(), ours?.destroy()]);
  }, 60_000);

  test('has a systemd 252 in both labs', async () => {
    for (const side of [reference, ours]) expect(await side?.lab.shell('systemctl --version')).toMatch(/^systemd 252 /);
  });

  test.each(Object.keys(areas))('%s', async (area) => {
    const questions = areas[area] as readonly Question[];
    expect(questions.length).toBeGreaterThan(1);
    const answers = await Promise.all([(reference as Side).ask(questions), (ours as Side).ask(questions)]);
    const { problems } = compare(...answers, [], {});
    expect(problems.length, `${problems.length} problems:\n${problems.slice(0, 10).join('\n')}\n`).toBe(0);
  });

  test('nobody has logged an error', async () => {
    expect(await log((ours as Side).lab, subject, 'err')).toBe('');
  });
});
