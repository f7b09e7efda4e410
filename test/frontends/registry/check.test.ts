import { expect, test } from 'vitest';
import type { MachineSource, SourceConflict, SourceHealth } from '../../../src/machine/machine-source.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { checkLimits } from '../../../src/resolver/check.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { ask } from '../../support/raw-varlink.ts';
import { startRegistryService } from './service.ts';

const METHOD = 'io.github.mymachines.Registry.Check';

test('Check has machines read again, and tells what is wrong with them now', async () => {
  const { registry, path, refreshed } = startRegistryService('proc');
  registry.add(sampleMachine('web', { uidMap: '0 100000 10' }));
  registry.add(sampleMachine('a.b', { uidMap: '0 100009 1', gidMap: '0 200000 1' }));
  expect(await ask(path, METHOD)).toEqual({
    parameters: {
      findings: [
        { level: 'fail', reason: 'user_overlap', machines: ['a.b', 'web'], others: 0, start: 100_009, count: 1 },
        { level: 'warn', reason: 'not_live', machines: ['web', 'a.b'], others: 0 },
      ],
      more: [],
      sources: [],
      conflicts: [],
      moreConflicts: 0,
      service: { pid: 4711, descriptors: 20, descriptorLimit: 1024 },
    },
  });
  expect(refreshed).toEqual(['web', 'a.b']);
});

test('Check of ten thousand machines is brief, and holds up others for a moment only', async () => {
  const { registry, path } = startRegistryService();
  for (let index = 0; index < 10_000; index++) {
    const uidMap = `0 ${100_000 + 1000 * index} 1001`;
    registry.add(sampleMachine(`qemu-${index % 2}-m.${index >> 1}`, { uidMap }));
  }
  const start = performance.now();
  const { parameters } = await ask(path, METHOD);
  const took = performance.now() - start;
  console.log(`${took.toFixed(0)} ms`);
  const { findings, more } = parameters as { findings: { reason: string; others: number }[]; more: string[] };
  expect(more).toEqual(['name_collision', 'user_overlap', 'group_overlap']);
  expect(findings).toHaveLength(3 * checkLimits.findings);
  expect(took).toBeLessThan(2000);
});

test('Check tells of the sources, and of what one hides of another, and of no more of that than anybody reads', async () => {
  const source = (name: 'machine1' | 'embedded', health: SourceHealth, machines: readonly string[]): MachineSource => {
    const registry = new Registry();
    registry.add(sampleMachine('.host', { class: 'host' }));
    for (const machine of machines) registry.add(sampleMachine(machine));
    return { name, health, registry } as MachineSource;
  };
  const since = { realtime: 1_700_000_000_000_000, monotonic: 5 };
  const conflict: SourceConflict = {
    machine: sampleMachine('web'),
    source: 'embedded',
    what: 'leader',
    by: sampleMachine('www'),
    bySource: 'machine1',
  };
  const sources = [
    source('machine1', { state: 'stale', since, reason: 'it is restarted' }, ['www', 'db']),
    source('embedded', { state: 'live' }, ['web']),
    source('machine1', { state: 'absent', reason: 'there is no bus' }, []),
  ];
  const conflicts = (): SourceConflict[] => Array.from({ length: 70 }, () => conflict);
  const { path } = startRegistryService('netlink', { sources, conflicts });
  const { parameters } = await ask(path, METHOD);
  expect(parameters).toMatchObject({
    sources: [
      { name: 'machine1', state: 'stale', machines: 2, since: since.realtime, reason: 'it is restarted' },
      { name: 'embedded', state: 'live', machines: 1 },
      { name: 'machine1', state: 'absent', machines: 0, reason: 'there is no bus' },
    ],
    moreConflicts: 6,
  });
  const told = (parameters as { conflicts: unknown[] }).conflicts;
  expect(told).toHaveLength(64);
  expect(told[0]).toEqual({ machine: 'web', source: 'embedded', what: 'leader', by: 'www', bySource: 'machine1' });
});
