import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MachineError } from '../../../../src/machine/errors.ts';
import type { Machine } from '../../../../src/machine/machine.ts';
import { Registry } from '../../../../src/machine/registry.ts';
import { OsReleases } from '../../../../src/sources/kernel/roots/os-releases.ts';
import { sampleMachine } from '../../../machine/sample-machine.ts';

/** Machines whose os-release says how often one has been read by then, read when they are asked. */
class Roots {
  /** Names, those that were read at one time together. */
  readonly reads: string[][] = [];
  /** Cannot be read together with others. */
  readonly alone = new Set<string>();
  readonly without = new Set<string>();

  osRelease(machine: Machine): Promise<readonly string[]> {
    this.reads.push([machine.name]);
    return this.#read(machine);
  }

  osReleases(machines: readonly Machine[]): readonly Promise<readonly string[]>[] {
    if (machines.length > 0) this.reads.push(machines.map(({ name }) => name));
    return machines.map((machine) =>
      this.alone.has(machine.name)
        ? Promise.reject(new MachineError('not-available', 'not in time'))
        : this.#read(machine),
    );
  }

  timesRead(name: string): number {
    return this.reads.flat().filter((one) => one === name).length;
  }

  async #read({ name }: Machine): Promise<readonly string[]> {
    if (this.without.has(name)) throw new MachineError('no-os-release-information', 'has none');
    return [`ID=${name}`, `READ=${this.timesRead(name)}`];
  }
}

function sample(count: number) {
  const registry = new Registry();
  registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
  const machines = Array.from({ length: count }, (_, index) => sampleMachine(`m${index}`));
  for (const machine of machines) registry.add(machine);
  const roots = new Roots();
  return { registry, machines, roots, releases: new OsReleases(registry, roots) };
}

const [me, another] = [':1.1', ':1.2'];

describe('the OS releases of machines', () => {
  it('are read ahead for one who goes through the list, each once, many at a time', async () => {
    const { machines, roots, releases } = sample(200);
    for (const machine of machines) {
      expect(await releases.of(machine, me)).toEqual([`ID=${machine.name}`, 'READ=1']);
    }
    expect(roots.reads.length).toBeLessThan(25);
    expect(Math.max(...roots.reads.map(({ length }) => length))).toBeLessThanOrEqual(32);
    // And again, with the same connection: nothing is left of the last time.
    for (const machine of machines) {
      expect(await releases.of(machine, me)).toEqual([`ID=${machine.name}`, 'READ=2']);
    }
  });

  it('are read for each answer when one machine is asked about again and again', async () => {
    const { machines, releases, roots } = sample(5);
    const middle = machines[2] as Machine;
    for (let turn = 1; turn <= 10; turn++) {
      expect(await releases.of(middle, me)).toEqual(['ID=m2', `READ=${turn}`]);
      expect(await releases.of(middle)).toEqual(['ID=m2', `READ=${roots.timesRead('m2')}`]);
      turn++;
    }
    const [first] = machines as [Machine];
    for (let turn = 1; turn <= 10; turn++) expect(await releases.of(first, me)).toEqual(['ID=m0', `READ=${turn}`]);
  });

  it('that were read ahead for one are not told to another', async () => {
    const { machines, releases, roots } = sample(20);
    for (const machine of machines.slice(0, 5)) await releases.of(machine, me);
    const next = machines[5] as Machine;
    expect(roots.timesRead('m5')).toBe(1);
    for (const reader of [another, undefined]) await releases.of(next, reader);
    expect(roots.timesRead('m5')).toBe(3);
    expect(await releases.of(next, me)).toEqual(['ID=m5', 'READ=1']);
  });

  it('are read anew when they were read ahead too long ago', async () => {
    const { machines, releases } = sample(20);
    for (const machine of machines.slice(0, 5)) await releases.of(machine, me);
    await sleep(300);
    expect(await releases.of(machines[5] as Machine, me)).toEqual(['ID=m5', 'READ=2']);
    expect(await releases.of(machines[6] as Machine, me)).toEqual(['ID=m6', 'READ=2']);
  });

  it('are not those of an earlier machine of that name', async () => {
    const { registry, machines, releases } = sample(20);
    for (const machine of machines.slice(0, 5)) await releases.of(machine, me);
    registry.remove((machines[5] as Machine).name);
    const later = sampleMachine('m5');
    registry.add(later);
    expect(await releases.of(later, me)).toEqual(['ID=m5', 'READ=2']);
  });

  it('follow the list as it is, whatever comes, goes and is left out meanwhile', async () => {
    const { registry, machines, releases } = sample(100);
    const told: string[] = [];
    for (const machine of registry) {
      if (machine.class === 'host' || told.length % 7 === 3) {
        told.push('');
        continue;
      }
      told.push(((await releases.of(machine, me))[0] as string).slice(3));
      const { length } = told;
      if (length === 20) for (const { name } of machines.slice(22, 40)) registry.remove(name);
      if (length === 30) for (let more = 0; more < 9; more++) registry.add(sampleMachine(`n${more}`));
    }
    const names = [...registry].map(({ name }) => name);
    const asked = told.filter((name) => name !== '');
    expect(asked.every((name) => names.includes(name as never) || /^m(2[0-9]|3[0-9])$/.test(name))).toBe(true);
    expect(asked).toContain('n8');
  });

  it('are asked for by themselves where they could not be read ahead, but not where there are none', async () => {
    const { machines, releases, roots } = sample(20);
    roots.alone.add('m4').add('m9');
    roots.without.add('m7');
    for (const machine of machines) {
      const fields = releases.of(machine, me);
      if (machine.name === 'm7') await expect(fields).rejects.toMatchObject({ code: 'no-os-release-information' });
      else expect((await fields)[0]).toBe(`ID=${machine.name}`);
    }
    expect([roots.timesRead('m4'), roots.timesRead('m7'), roots.timesRead('m9')]).toEqual([2, 1, 2]);
  });

  it('are read ahead for eight at a time, and for the others as ever', async () => {
    const { machines, releases, roots } = sample(50);
    const readers = Array.from({ length: 30 }, (_, index) => `:1.${index}`);
    for (const machine of machines) {
      for (const reader of readers) expect((await releases.of(machine, reader))[0]).toBe(`ID=${machine.name}`);
    }
    const together = roots.reads.filter(({ length }) => length > 1);
    expect(together.length).toBeGreaterThan(0);
    // Whoever begins makes the one that began first go on without.
    expect(together.filter((names) => names.includes('m30')).length).toBeLessThanOrEqual(8);
  });

  it('that nobody asks for after all do no harm', async () => {
    const { machines, releases, roots } = sample(20);
    roots.alone.add('m1').add('m2').add('m3');
    for (const machine of machines.slice(0, 3)) await releases.of(machine, me);
    await sleep(10);
  });
});
