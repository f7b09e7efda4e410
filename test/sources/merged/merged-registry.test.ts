import { beforeEach, describe, expect, it } from 'vitest';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import type { SourceConflict } from '../../../src/machine/machine-source.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { MergedRegistry } from '../../../src/sources/merged/merged-registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { SampleSource } from './sample-source.ts';

const name = parseMachineName;
const text = ({ machine, source, what, by, bySource }: SourceConflict): string =>
  `${source} ${machine.name}: ${what} of ${bySource} ${by.name}`;

let first: SampleSource;
let second: SampleSource;
let registry: Registry;
let merged: MergedRegistry;
let told: string[];
let events: string[];
beforeEach(() => {
  first = new SampleSource('machine1');
  second = new SampleSource('embedded');
  registry = new Registry();
  registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
  told = [];
  events = [];
});

function merge(): void {
  merged = new MergedRegistry({
    sources: [first, second],
    registry,
    onConflict: (conflict) => told.push(text(conflict)),
    onError: (error) => {
      throw error;
    },
  });
  registry.subscribe(({ kind, machine }) => events.push(`${kind} ${machine.name} ${machine.service}`));
}
const names = (): string[] => [...registry].map((machine) => machine.name);

describe('the registry of several sources', () => {
  it('has what they had before it and what they get later, and one host of its own', () => {
    second.registry.add(sampleMachine('b'));
    first.registry.add(sampleMachine('a'));
    merge();
    second.registry.add(sampleMachine('d'));
    first.registry.add(sampleMachine('c'));
    expect(names()).toEqual(['.host', 'a', 'b', 'd', 'c']);
    first.registry.remove(name('a'));
    expect(names()).toEqual(['.host', 'b', 'd', 'c']);
    expect(told).toEqual([]);
  });

  it('has the very machines of the sources, also when they change', () => {
    first.registry.add(sampleMachine('a'));
    merge();
    const changed = first.registry.update(name('a'), (machine) => ({ ...machine, service: 'x' }));
    expect(registry.get('a')).toBe(changed);
    expect(events).toEqual(['changed a x']);
  });

  it.each([
    ['name', { name: 'web' }],
    ['leader', { leader: { pid: 77 } }],
    ['unit', { unit: 'web.scope' }],
  ] as const)('hides a machine with the %s of one of an earlier source, until that has gone', (what, same) => {
    const both = { leader: { pid: 77 }, unit: 'web.scope' };
    merge();
    const other = { leader: { pid: 78 }, unit: 'other.scope', name: 'other', service: 'second', ...same };
    second.registry.add(sampleMachine(other.name, other));
    first.registry.add(sampleMachine('web', { ...both, service: 'first' }));
    expect(names()).toEqual(['.host', 'web']);
    expect([...merged.conflicts()].map(text)).toEqual([`embedded ${other.name}: ${what} of machine1 web`]);
    first.registry.remove(name('web'));
    expect(names()).toEqual(['.host', other.name]);
    expect([...merged.conflicts()]).toEqual([]);
    expect(events).toEqual([
      `added ${other.name} second`,
      `removed ${other.name} second`,
      'added web first',
      'removed web first',
      `added ${other.name} second`,
    ]);
  });

  it('hides all that one machine stands in the way of', () => {
    merge();
    second.registry.add(sampleMachine('web'));
    second.registry.add(sampleMachine('two', { leader: { pid: 77 } }));
    second.registry.add(sampleMachine('three', { unit: 'web.scope' }));
    second.registry.add(sampleMachine('four', { unit: 'web.scope', subgroup: 'payload' }));
    first.registry.add(sampleMachine('web', { leader: { pid: 77 }, unit: 'web.scope' }));
    expect(names()).toEqual(['.host', 'four', 'web']);
    expect([...merged.conflicts()].map(text)).toEqual(told);
    expect(told).toHaveLength(3);
    first.registry.remove(name('web'));
    expect(names().sort()).toEqual(['.host', 'four', 'three', 'two', 'web']);
  });

  it('tells of each conflict once, also when it comes again', () => {
    merge();
    second.registry.add(sampleMachine('web'));
    for (let round = 0; round < 3; round++) {
      first.registry.add(sampleMachine('web'));
      first.registry.remove(name('web'));
    }
    expect(told).toEqual(['embedded web: name of machine1 web']);
    // Another machine: it may be that nobody has read of it yet.
    second.registry.remove(name('web'));
    second.registry.add(sampleMachine('web'));
    first.registry.add(sampleMachine('web'));
    expect(told).toHaveLength(2);
  });

  it('keeps what a hidden machine has become', () => {
    merge();
    first.registry.add(sampleMachine('web'));
    second.registry.add(sampleMachine('web'));
    const changed = second.registry.update(name('web'), (machine) => ({ ...machine, service: 'new' }));
    expect(registry.get('web')?.service).toBeUndefined();
    first.registry.remove(name('web'));
    expect(registry.get('web')).toBe(changed);
  });

  it('follows a machine whose unit becomes another', () => {
    merge();
    second.registry.add(sampleMachine('two', { unit: 'shared.scope' }));
    first.registry.add(sampleMachine('one', { unit: 'one.scope' }));
    first.registry.update(name('one'), (machine) => ({ ...machine, unit: 'shared.scope' }));
    expect(names()).toEqual(['.host', 'one']);
    expect(registry.byUnit('shared.scope')?.name).toBe('one');
    second.registry.update(name('two'), (machine) => ({ ...machine, unit: 'two.scope' }));
    expect(names()).toEqual(['.host', 'one', 'two']);
    second.registry.update(name('two'), (machine) => ({ ...machine, unit: 'shared.scope' }));
    expect(names()).toEqual(['.host', 'one']);
    first.registry.update(name('one'), (machine) => ({ ...machine, unit: 'one.scope' }));
    expect(names()).toEqual(['.host', 'one', 'two']);
  });

  it('knows whose a machine is, and not whose its successor is', () => {
    merge();
    const one = sampleMachine('web');
    const two = sampleMachine('web');
    second.registry.add(two);
    expect(merged.sourceOf(two)).toBe(second);
    first.registry.add(one);
    expect(merged.sourceOf(one)).toBe(first);
    expect(merged.sourceOf(two)).toBeUndefined();
    expect(merged.sourceOf(registry.get('.host') ?? one)).toBeUndefined();
    expect(merged.sourceOf(sampleMachine('gone'))).toBeUndefined();
  });

  it('has a machine as soon as its source has it, and stays right when who is told makes another source change', () => {
    merge();
    registry.subscribe(({ kind, machine }) => {
      if (kind === 'added' && machine.service === 'first')
        second.registry.add(sampleMachine('two', { leader: machine.leader }));
      if (kind === 'removed' && machine.service === 'first') second.registry.remove(name('two'));
    });
    first.registry.add(sampleMachine('one', { service: 'first', leader: { pid: 77 } }));
    expect(names()).toEqual(['.host', 'one']);
    expect([...merged.conflicts()]).toHaveLength(1);
    first.registry.remove(name('one'));
    expect(names()).toEqual(['.host']);
  });

  it('follows nobody after it was closed', () => {
    merge();
    merged.close();
    first.registry.add(sampleMachine('web'));
    expect(names()).toEqual(['.host']);
  });
});
