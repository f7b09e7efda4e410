import { expect, test } from 'vitest';
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
