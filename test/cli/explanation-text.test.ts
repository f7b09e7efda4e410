import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { obstacleText, verdictText } from '../../src/cli/explanation-text.ts';
import { parseInterface } from '../../src/varlink/index.ts';
import { projectRoot } from '../support/project-root.ts';

const path = 'src/frontends/registry/io.github.mymachines.Registry.varlink';
const definition = parseInterface(readFileSync(join(projectRoot, path), 'utf8'));

/** What the description of the interface says that a value can be. */
function valuesOf(type: string): string[] {
  const found = definition.members.find(({ name }) => name === type);
  if (found?.kind !== 'type' || found.value.kind !== 'enum') throw new Error(`${type} is no enum`);
  return found.value.values.map(({ name }) => name);
}

test('each obstacle has words of its own', () => {
  const reasons = valuesOf('ObstacleReason') as Parameters<typeof obstacleText>[0]['reason'][];
  expect(reasons.length).toBeGreaterThan(10);
  const texts = reasons.map((reason) => obstacleText({ reason }));
  expect(new Set(texts).size).toBe(reasons.length);
  for (const text of texts) expect(text).toMatch(/^(it|its|there|no|some) [^_]+$/);
  expect(texts.filter((text) => /undefined|null/.test(text))).toEqual([]);
  expect(obstacleText({ reason: 'overlap', machines: ['web', 'db'] })).toMatch(/: web, db$/);
  expect(obstacleText({ reason: 'short_name', from: 1000 })).toMatch(/from 1000 on/);
});

test('each verdict has words of its own, and a chosen address the reason for it', () => {
  type Verdict = Parameters<typeof verdictText>[0];
  const verdicts = valuesOf('AddressVerdict') as Verdict[];
  const sources = valuesOf('AddressSource') as Parameters<typeof verdictText>[1][];
  const others = verdicts.filter((verdict) => verdict !== 'chosen');
  expect(others.length).toBe(verdicts.length - 1);
  expect(new Set(others.map((verdict) => verdictText(verdict, 'netlink', true))).size).toBe(others.length);
  // Of a guest it says who knows that; of a container, whether the interface leads to the host.
  const known = sources.map((source) => [verdictText('chosen', source, true), verdictText('chosen', source, false)]);
  const guests = sources.filter((_, at) => known[at]?.[0] === known[at]?.[1]);
  expect(guests.sort()).toEqual(['libvirt', 'lease_file', 'neighbour', 'networkd', 'registration'].sort());
  expect(new Set(known.flat()).size).toBe(guests.length + 2);
});
