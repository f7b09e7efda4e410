import { expect, it } from 'vitest';
import { sourceLines } from '../../src/cli/source-text.ts';

const sources = [
  { name: 'machine1', state: 'live', machines: 2 },
  { name: 'embedded', state: 'live', machines: 1 },
] as const;
const told = (reply: Partial<Parameters<typeof sourceLines>[0]>) =>
  sourceLines({ sources: [], conflicts: [], moreConflicts: 0, ...reply }).map(({ level, of, reason, what, mend }) => {
    expect(of).toBe('sources');
    return [level, reason, what, mend];
  });
const start = 'systemctl start systemd-machined.service; its journal says why it is away';
const rename = 'register one of them under another name, or with one registry only';

it('says which sources are live', () => {
  expect(told({ sources })).toEqual([
    ['ok', 'source_live', 'machine1: 2 machines, as they are now', undefined],
    ['ok', 'source_live', 'embedded: 1 machine, as they are now', undefined],
  ]);
});

it('says which are as they were, and which were never heard of', () => {
  const since = Date.UTC(2026, 10, 21, 18) * 1000;
  expect(
    told({
      sources: [
        { name: 'machine1', state: 'stale', machines: 1, since, reason: 'it is away' },
        { name: 'machine1', state: 'absent', machines: 0, reason: 'there is no bus' },
        { name: 'embedded', state: 'absent', machines: 0, reason: 'nobody knows' },
      ],
    }),
  ).toEqual([
    ['fail', 'source_stale', 'machine1: 1 machine, as they were at 2026-11-21T18:00:00.000Z: it is away', start],
    ['fail', 'source_absent', 'machine1: nothing is known of it: there is no bus', start],
    ['fail', 'source_absent', 'embedded: nothing is known of it: nobody knows', 'restart mymachines'],
  ]);
});

it('says what one source hides of another', () => {
  const conflict = { machine: 'web', source: 'embedded', what: 'leader', by: 'www', bySource: 'machine1' } as const;
  expect(told({ conflicts: [conflict], moreConflicts: 3 })).toEqual([
    ['warn', 'source_conflict', 'web of embedded is not to be found: www of machine1 has the same leader', rename],
    ['warn', 'source_conflict', 'and 3 more machines are hidden by others', rename],
  ]);
});
