import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { userDatabase } from '../../../src/frontends/userdb/handlers.ts';
import { type IdMap, parseIdMap } from '../../../src/machine/id-map.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { Registry } from '../../../src/machine/registry.ts';
import type { Implementation } from '../../../src/varlink/index.ts';
import { hostUsers, sampleMachine } from '../../machine/sample-machine.ts';
import { mutated } from '../../support/mutate.ts';
import { BothWays } from '../../varlink/one-read.ts';

const BASE = 1331822592;
let registry: Registry;
let service: Implementation;
let both: BothWays;
beforeEach(() => {
  registry = new Registry();
  registry.add(sampleMachine('c1', { uidMap: `0 ${BASE} 65536`, gidMap: `0 ${BASE + 7} 65536` }));
  registry.add(sampleMachine('c2', { uidMap: `0 ${BASE + 65_536} 65536` }));
  registry.add(sampleMachine('plain', hostUsers));
  registry.add(sampleMachine('m-33', { uidMap: '0 99990 65000/70000 5000000 10' }));
  registry.add(sampleMachine('narrow', { uidMap: `0 ${BASE + 10_000} 10` }));
  registry.add(sampleMachine('a.dot', { uidMap: '0 7000000 65536' }));
  registry.add(sampleMachine('as-long-as-names-are-12', { uidMap: '0 8000000 65536' }));
  registry.add(sampleMachine('whole', { uidMap: '0 100000000 4194967294' }));
  registry.add(sampleMachine('guest', { class: 'vm' }));
  service = userDatabase({ registry, service: 'io.systemd.Machine' });
  both = new BothWays(service);
});

const call = (method: string, parameters: object) =>
  Buffer.from(`${JSON.stringify({ method: `io.systemd.UserDatabase.${method}`, parameters })}\0`);
const of = (parameters: object) => ({ ...parameters, service: 'io.systemd.Machine' });

/** Whether the shortcut answers. What it answers must be what the handlers would have. */
function isShort(bytes: Buffer): boolean {
  const { short, full } = both.ask(bytes);
  expect(short, bytes.toString('latin1')).toEqual(full);
  return service.shortcut?.(bytes) !== undefined;
}

/** Whether the kernel would take it. */
function isIdMap(lines: IdMap): boolean {
  try {
    return parseIdMap(lines.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join('\n')).length > 0;
  } catch {
    return false;
  }
}

describe('the shortcut of io.systemd.UserDatabase', () => {
  it('takes the usual questions', () => {
    for (const id of [BASE, BASE + 33, BASE + 65533, BASE + 65536, 0, 99990, 164989, 99_999, 100_000, 4294967294]) {
      expect(isShort(call('GetUserRecord', of({ uid: id })))).toBe(true);
      expect(isShort(call('GetGroupRecord', of({ gid: id })))).toBe(true);
    }
    for (const name of [
      'c1-0',
      'c1-9',
      'c1-10',
      'm-33-33',
      'm-33-3',
      'm-33-70001',
      'plain-0',
      'root',
      'c1-65535',
      '',
    ]) {
      expect(isShort(call('GetUserRecord', of({ userName: `vu-${name}` })))).toBe(true);
      expect(isShort(call('GetGroupRecord', of({ groupName: `vg-${name}` })))).toBe(true);
    }
  });

  it('tells machines apart whose names are of one length', () => {
    for (const inside of [1, 22, 333, 4444, 55_555]) {
      for (const base of [BASE, BASE + 65_536, BASE]) {
        expect(isShort(call('GetUserRecord', of({ uid: base + inside })))).toBe(true);
      }
      for (const name of ['c1', 'c2', 'c1']) {
        expect(isShort(call('GetUserRecord', of({ userName: `vu-${name}-${inside}` })))).toBe(true);
      }
    }
  });

  it('knows short names, and answers beside another service', () => {
    const dotted = registry.get('a.dot');
    const label = dotted && registry.shortNameOf(dotted);
    expect(isShort(call('GetUserRecord', of({ userName: `vu-${label}-5` })))).toBe(true);
    expect(isShort(call('GetUserRecord', of({ uid: 7_000_005 })))).toBe(true);
    const elsewhere = { registry, service: 'io.github.Other', givenElsewhere: ({ name }: Machine) => name === 'c1' };
    service = userDatabase(elsewhere);
    both = new BothWays(service);
    const other = (parameters: object) => call('GetUserRecord', { ...parameters, service: 'io.github.Other' });
    for (const question of [{ uid: BASE }, { uid: 7_000_005 }, { userName: 'vu-c1-0' }, { userName: 'vu-m-33-33' }]) {
      expect(isShort(other(question))).toBe(true);
      expect(isShort(call('GetUserRecord', of(question)))).toBe(false);
    }
    expect(both.ask(other({ uid: BASE })).short.replies).toContain('NoRecordFound');
    expect(both.ask(other({ uid: 7_000_005 })).short.replies).toContain(`vu-${label}-5`);
  });

  it('knows that a long number leaves no room for a name that a short one leaves room for', () => {
    const name = 'of-the-length-of-26-bytes1';
    registry.add(sampleMachine(name, { uidMap: '0 9000000 65536' }));
    for (const inside of [3, 9, 10, 33, 65_534, 4]) {
      expect(isShort(call('GetUserRecord', of({ uid: 9_000_000 + inside })))).toBe(true);
      expect(isShort(call('GetUserRecord', of({ userName: `vu-${name}-${inside}` })))).toBe(true);
    }
    expect(both.ask(call('GetUserRecord', of({ uid: 9_000_004 }))).short.replies).toContain(`vu-${name}-4`);
    expect(both.ask(call('GetUserRecord', of({ uid: 9_000_033 }))).short.replies).not.toContain(`vu-${name}`);
  });

  it('leaves everything else to the handlers', () => {
    const usual = call('GetUserRecord', of({ uid: BASE })).toString();
    for (const bytes of [
      call('GetUserRecord', of({})),
      call('GetUserRecord', of({ gid: BASE })),
      call('GetUserRecord', of({ uid: 65535 })),
      call('GetUserRecord', of({ uid: 4294967295 })),
      call('GetUserRecord', of({ uid: 99999999999 })),
      call('GetUserRecord', of({ uid: -1 })),
      call('GetUserRecord', of({ uid: BASE, userName: 'vu-c1-0' })),
      call('GetUserRecord', of({ userName: '.' })),
      call('GetUserRecord', of({ userName: '12' })),
      call('GetUserRecord', of({ userName: 'vu-c1-0 ' })),
      call('GetUserRecord', { uid: BASE, service: 'io.systemd.Home' }),
      call('GetUserRecord', { service: 'io.systemd.Machine', uid: BASE }),
      call('GetMemberships', of({ userName: 'vu-c1-0' })),
      Buffer.from(usual.replace('}}', '},"more":true}')),
      Buffer.from(usual.replace('}}', '},"oneway":true}')),
      Buffer.from(usual.replace(`:${BASE}`, `: ${BASE}`)),
      Buffer.from(usual.replace(`:${BASE}`, `:0${BASE}`)),
      Buffer.from(usual.replace(`:${BASE}`, `:${BASE}.0`)),
      Buffer.from(usual.replace('\0', ' \0')),
      Buffer.from(usual.replace('\0', '')),
      Buffer.from(`${usual}${usual}`),
      Buffer.from(`\0${usual}`),
      Buffer.from('\0'),
    ]) {
      expect(isShort(bytes), bytes.toString()).toBe(false);
    }
  });

  it('says what the handlers say, whatever is asked and whatever has changed since', () => {
    const id = fc.oneof(
      fc.integer({ min: -2, max: 2 ** 32 }),
      fc.integer({ min: BASE - 10, max: BASE + 140_000 }),
      fc.integer({ min: 99_900, max: 165_100 }),
      fc.integer({ min: 4_999_999, max: 9_000_000 }),
    );
    const machine = fc.constantFrom(
      'c1',
      'c2',
      'm-33',
      'narrow',
      'plain',
      'a.dot',
      'as-long-as-names-are-12',
      'whole',
      'guest',
    );
    const name = fc.oneof(
      fc.tuple(fc.constantFrom('vu-', 'vg-'), machine, fc.nat({ max: 80_000 })).map(([a, b, c]) => `${a}${b}-${c}`),
      fc.string(),
      fc.string({ unit: 'binary' }),
    );
    const question = fc.oneof(
      id.map((uid) => call('GetUserRecord', of({ uid }))),
      id.map((gid) => call('GetGroupRecord', of({ gid }))),
      name.map((userName) => call('GetUserRecord', of({ userName }))),
      name.map((groupName) => call('GetGroupRecord', of({ groupName }))),
    );
    const shift = fc.constantFrom(0, 1, 1000, 7_777_777);
    let taken = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(question, shift), { minLength: 1, maxLength: 20 }), (steps) => {
        for (const [bytes, by] of steps) {
          if (isShort(bytes)) taken++;
          const shifted = [{ inside: 0, outside: BASE + by, count: 65_536 }];
          registry.update(parseMachineName('c1'), (before) => ({
            ...before,
            facts: { ...before.facts, uidMap: shifted, gidMap: shifted },
          }));
        }
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(2000);
  });

  it('says what the handlers say, whoever comes, goes, and takes the ids of others', () => {
    const edges = [65_535, 65_536, 131_072, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 65_537, 2 ** 32 - 2];
    const start = fc.oneof(fc.constantFrom(0, ...edges), fc.integer({ min: 65_000, max: 400_000 }));
    const count = fc.oneof(fc.constantFrom(1, 10, 65_535, 65_536, 65_537, 500_000, 2 ** 32 - 2), fc.nat(150_000));
    const map = fc
      .array(fc.tuple(start, start, count), { minLength: 1, maxLength: 3 })
      .map((lines) =>
        lines.map(([inside, outside, count]) => ({
          inside,
          outside,
          count: Math.max(1, Math.min(count, 2 ** 32 - 1 - Math.max(inside, outside))),
        })),
      )
      .filter(isIdMap);
    const machine = fc.constantFrom(
      'a',
      'b-1',
      'c.d',
      'twelve-bytes',
      'of-the-length-of-26-bytes1',
      'of-22-bytes-in-a-nameX',
    );
    const machineClass = fc.constantFrom('container' as const, 'container' as const, 'vm' as const);
    const step = fc.record({
      machine,
      map,
      machineClass,
      goes: fc.boolean(),
      id: start,
      near: fc.integer({ min: -2, max: 2 }),
    });
    let taken = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        registry = new Registry();
        service = userDatabase({ registry, service: 'io.systemd.Machine' });
        both = new BothWays(service);
        const places = new Set<number>();
        for (const { machine, map, machineClass, goes, id, near } of steps) {
          const name = parseMachineName(machine);
          const there = registry.get(name);
          const facts = { uidMap: map, gidMap: map, sharesHostUsers: false, sharesHostNetwork: true, addresses: [] };
          if (there === undefined) registry.add({ ...sampleMachine(machine, { class: machineClass }), facts });
          else if (goes) registry.remove(name);
          else registry.update(name, (before) => ({ ...before, facts, class: machineClass }));
          for (const { outside, count } of map) {
            for (const place of [outside, outside + count - 1, outside + Math.floor(count / 2)])
              places.add(place + near);
          }
          // Each twice: the second time it is known.
          for (const uid of [...places, ...places, id]) {
            if (uid < 0) continue;
            const question = call('GetUserRecord', of({ uid }));
            if (isShort(question)) taken++;
            const said = /"userName":"([^"]*)"/.exec(both.ask(question).short.replies)?.[1];
            if (said === undefined) continue;
            isShort(call('GetUserRecord', of({ userName: said })));
            isShort(call('GetGroupRecord', of({ groupName: `vg${said.slice(2)}` })));
          }
          for (const { inside } of map)
            isShort(call('GetUserRecord', of({ userName: `vu-${machine}-${inside + near}` })));
        }
      }),
      { numRuns: 40 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it('says what the handlers say to 10,000 damaged questions', () => {
    let seed = 1;
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % limit;
    };
    const questions = [
      call('GetUserRecord', of({ uid: BASE + 33 })),
      call('GetUserRecord', of({ userName: 'vu-c1-33' })),
      call('GetGroupRecord', of({ gid: BASE + 33 })),
      call('GetGroupRecord', of({ groupName: 'vg-m-33-33' })),
    ];
    for (let n = 0; n < 10_000; n++) isShort(mutated(questions[n % questions.length] as Buffer, random));
  });
});
