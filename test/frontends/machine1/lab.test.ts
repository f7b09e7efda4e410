import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';
import { compare } from './compare.ts';
import { knownDifferences } from './known-differences.ts';
import { areas } from './recording/areas.ts';
import type { Exchange } from './recording/exchange.ts';
import { RecordedSystem } from './recording/recorded-system.ts';

// mymachines in systemd-machined's place, on a real bus with a real polkit, is asked what systemd-machined was asked when
// its answers were recorded (recording/record.ts), of machines that come to be in the same way.

const unavailable = await labUnavailable();
if (unavailable !== undefined)
  console.warn(`skipped, org.freedesktop.machine1 is not asked in the lab: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('org.freedesktop.machine1 in the lab', { timeout: 120_000 }, () => {
  const differing = new Set<string>();
  let system: RecordedSystem;
  beforeAll(async () => {
    system = await RecordedSystem.start('mymachines');
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  test.each(Object.keys(areas))('answers as systemd-machined did: %s', async (area) => {
    const file = `${projectRoot}/fixtures/systemd-262/machine1-${area}.json`;
    const recorded = (JSON.parse(readFileSync(file, 'utf8')) as { exchanges: readonly Exchange[] }).exchanges;
    const ours = await system.ask(areas[area] ?? []);
    const { problems, used } = compare(recorded, ours);
    expect(problems, problems.slice(0, 30).join('\n')).toEqual([]);
    for (const row of used) differing.add(row);
  });

  test('still differs where it is listed', () => {
    expect([...differing].sort()).toEqual(knownDifferences.map(({ id }) => id).sort());
  });
});
