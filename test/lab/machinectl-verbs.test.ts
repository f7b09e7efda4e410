import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';
import { bindVerbs } from './verbs/bind.ts';
import { copyVerbs } from './verbs/copy.ts';
import { diskVerbs } from './verbs/disk.ts';
import { endingVerbs } from './verbs/ending.ts';
import { imageVerbs } from './verbs/image.ts';
import { imageChangeVerbs } from './verbs/image-change.ts';
import { KeeperLab } from './verbs/keeper-lab.ts';
import { lookingVerbs } from './verbs/looking.ts';
import { shellVerbs } from './verbs/shell.ts';
import type { Verb } from './verbs/verb.ts';

// Two labs, alike but for who keeps the registry: what machinectl and varlinkctl print and come to is the same.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no machinectl beside systemd-machined: ${unavailable}`);

/** The verbs with this in their id, to look at a few. */
const only = process.env['VERBS_ONLY'] ?? '';
const verbs: readonly Verb[] = [
  ...lookingVerbs,
  ...bindVerbs,
  ...shellVerbs,
  ...copyVerbs,
  ...imageVerbs,
  ...diskVerbs,
  ...imageChangeVerbs,
  ...endingVerbs,
].filter(({ id }) => new RegExp(only).test(id));

it('differs as docs/differences.md has it', () => {
  const rows = readFileSync(`${projectRoot}/docs/differences.md`, 'utf8');
  for (const { besides } of verbs) if (besides !== undefined) expect(rows).toContain(`| ${besides.row} |`);
});

describe.skipIf(unavailable !== undefined)('with mymachines and with systemd-machined', { timeout: 60_000 }, () => {
  let labs: readonly [reference: KeeperLab, ours: KeeperLab] | undefined;

  beforeAll(async () => {
    labs = await Promise.all([KeeperLab.create('systemd-machined'), KeeperLab.create('mymachines')]);
  }, 120_000);
  afterAll(() => Promise.all((labs ?? []).map((lab) => lab.down())));

  it.each(verbs)('$id', async (verb) => {
    const [reference, ours] = labs as readonly [KeeperLab, KeeperLab];
    const [expected, answer] = await Promise.all([reference.ask(verb), ours.ask(verb)]);
    if (process.env['VERBS_SHOW'] !== undefined) console.log(`## ${verb.id}\n${expected}`);
    expect(expected).not.toBe('');
    expect(verb.besides === undefined ? answer : answer.replace(verb.besides.text, '')).toBe(expected);
  });
});
