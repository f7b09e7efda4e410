import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameRegistration, type Machine, ownUnit } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { MergedRegistry } from '../../../src/sources/merged/merged-registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { SampleSource } from './sample-source.ts';

/** One change of one source; what the source's own registry refuses is none. */
const step = fc.record({
  // There are two today; that a hidden machine hides nobody only shows with three.
  source: fc.nat(2),
  kind: fc.constantFrom('add', 'add', 'remove', 'update', 'facts'),
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  pid: fc.integer({ min: 11, max: 14 }),
  unit: fc.constantFrom(undefined, 'u1', 'u2', 'u3'),
  subgroup: fc.constantFrom(undefined, undefined, 'payload'),
});
type Step = (typeof step extends fc.Arbitrary<infer T> ? T : never) & { readonly number?: number };

function change(sources: readonly SampleSource[], { source, kind, name, pid, unit, subgroup }: Step): void {
  const { registry } = sources[source] as SampleSource;
  const own = { leader: { pid }, ...(unit && { unit }), ...(subgroup && { subgroup }) };
  const there = registry.get(name);
  try {
    if (kind === 'add') registry.add(sampleMachine(name, own));
    else if (there === undefined) return;
    else if (kind === 'remove') registry.remove(there.name);
    else if (kind === 'facts') registry.update(there.name, (machine) => ({ ...machine, service: `${pid}` }));
    else
      registry.update(
        there.name,
        (machine) => ({ ...machine, unit: undefined, subgroup: undefined, ...own }) as Machine,
      );
  } catch (error) {
    if (!/already/.test((error as Error).message)) throw error;
  }
}

/** What the merged registry is said to have, worked out from nothing but what the sources have now. */
function expected(sources: readonly SampleSource[]): Machine[] {
  const seen: Machine[] = [];
  for (const { registry } of sources) {
    const own = [...registry].filter((machine) => machine.class !== 'host');
    const free = own.filter((machine) => !seen.some((other) => haveInCommon(machine, other)));
    seen.push(...free);
  }
  return seen;
}

function haveInCommon(a: Machine, b: Machine): boolean {
  const unit = ownUnit(a);
  return a.name === b.name || a.leader.pid === b.leader.pid || (unit !== undefined && unit === ownUnit(b));
}

const byName = (machines: Iterable<Machine>): Machine[] =>
  [...machines].filter(({ name }) => name !== '.host').sort((a, b) => a.name.localeCompare(b.name));

describe('the registry of several sources, whatever happens in whatever order', () => {
  it.each([
    ['one change after the other', 0],
    ['changes that are made while another is being told', 1],
  ])('has what the sources have: %s', (_what, nested) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 60 }), (before, after) => {
        const sources = [new SampleSource('machine1'), new SampleSource('embedded'), new SampleSource('embedded')];
        for (const one of before) change(sources, one);
        const registry = new Registry((error) => {
          throw error;
        });
        const conflicts = new Set<string>();
        const onError = (error: unknown): void => {
          throw error;
        };
        const onConflict = ({ machine }: { machine: Machine }): void => {
          conflicts.add(`${machine.name} ${machine.timestamp.realtime} ${machine.leader.pid}`);
        };
        const merged = new MergedRegistry({ sources, registry, onConflict, onError });
        const followed = new Map([...registry].map((machine) => [machine.name, machine]));
        const waiting = [...after];
        registry.subscribe(({ kind, machine }) => {
          if (kind === 'removed') expect(followed.delete(machine.name)).toBe(true);
          else {
            expect(followed.has(machine.name)).toBe(kind === 'changed');
            followed.set(machine.name, machine);
          }
          for (let count = 0; count < nested; count++) {
            const one = waiting.shift();
            if (one !== undefined) change(sources, one);
          }
        });
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
          change(sources, one);
          const wanted = byName(expected(sources));
          expect(byName(registry)).toEqual(wanted);
          expect(byName(followed.values())).toEqual(wanted);
          for (const machine of registry) {
            const source = merged.sourceOf(machine);
            expect(source?.registry.get(machine.name)).toBe(machine);
          }
          const hidden = [...merged.conflicts()];
          const all = sources.reduce((sum, source) => sum + source.registry.size - 1, 0);
          expect(hidden).toHaveLength(all - wanted.length);
          for (const { machine, by } of hidden) {
            expect(haveInCommon(machine, by)).toBe(true);
            expect(wanted.some((other) => isSameRegistration(other, by))).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
