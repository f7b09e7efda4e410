import { beforeAll, describe, expect, it } from 'vitest';
import { MachineError } from '../../src/machine/errors.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { Registry } from '../../src/machine/registry.ts';
import { type Ids, mapFrom, mapTo, uidShiftOf } from '../../src/resolver/id-mapping.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';

const registry = new Registry();

beforeAll(() => {
  for (const machine of [
    sampleMachine('.host', { class: 'host', leader: { pid: 1 }, ...hostUsers }),
    sampleMachine('plain', hostUsers),
    sampleMachine('one', { uidMap: '0 131072 65536' }),
    sampleMachine('multi', { uidMap: '0 70000 1/1 100000 1000/65534 300000 1' }),
    sampleMachine('zero', { uidMap: '0 0 1/1 400000 10' }),
    sampleMachine('low', { uidMap: '0 1000 1/1 65530 10' }),
    sampleMachine('big', { uidMap: '0 200000 65537', gidMap: '0 200000 65536' }),
    sampleMachine('avm', { class: 'vm', uidMap: '0 500000 65536' }),
    sampleMachine('nomap', {}),
    sampleMachine('diff', { uidMap: '0 600000 65536', gidMap: '0 700000 65536' }),
    sampleMachine('nested', { uidMap: '0 100000 65536', sharesHostUsers: true }),
    sampleMachine('all', { uidMap: '0 0 4294967295' }),
  ]) {
    registry.add(machine);
  }
});

/** The result, or in words which MachineError it was. */
function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return error.parameter === undefined ? error.code : `${error.code} ${error.parameter}`;
  }
}

describe('mapping from a machine', () => {
  it.each<[string, Ids, unknown]>([
    // As systemd 262 answered to MapFrom.
    ['one', { uid: 0 }, { uid: 131072 }],
    ['one', { gid: 3 }, { gid: 131075 }],
    ['one', { uid: 3, gid: 4 }, { uid: 131075, gid: 131076 }],
    ['one', {}, {}],
    ['one', { uid: 65534 }, { uid: 196606 }],
    ['one', { uid: 65535 }, 'invalid-parameter uid'],
    ['one', { gid: 65535 }, 'invalid-parameter gid'],
    ['one', { uid: 4294967295 }, 'invalid-parameter uid'],
    ['one', { uid: 4294967296 }, 'invalid-parameter uid'],
    ['one', { uid: -1 }, 'invalid-parameter uid'],
    ['one', { uid: 65536 }, 'no-such-user'],
    ['one', { gid: 65536 }, 'no-such-group'],
    ['one', { uid: 65536, gid: 0 }, 'no-such-user'],
    ['one', { uid: 0, gid: 65536 }, 'no-such-group'],
    ['one', { uid: 65536, gid: 65536 }, 'no-such-user'],
    ['plain', { uid: 0 }, { uid: 0 }],
    ['plain', { uid: 70000, gid: 5 }, { uid: 70000, gid: 5 }],
    ['plain', { uid: 65535 }, 'invalid-parameter uid'],
    ['low', { uid: 0 }, { uid: 1000 }],
    ['low', { uid: 5 }, { uid: 65534 }],
    ['avm', { uid: 0 }, 'not-supported'],
    ['avm', {}, 'not-supported'],
    ['.host', { uid: 0 }, 'not-supported'],
    ['.host', {}, 'not-supported'],
    ['nomap', { uid: 0 }, 'no-such-user'],
    ['big', { uid: 65536 }, { uid: 265536 }],
    ['multi', { uid: 65534 }, { uid: 300000 }],
    ['all', { uid: 70000 }, { uid: 70000 }],
    ['zero', { uid: 0 }, { uid: 0 }],
    ['zero', { uid: 1 }, { uid: 400000 }],
    ['diff', { uid: 1, gid: 1 }, { uid: 600001, gid: 700001 }],
    // Here systemd answers EINVAL, a fault of its own.
    ['low', { uid: 6 }, 'no-such-user'],
    // In the namespace of a daemon that has one itself, whose map leads out of it.
    ['nested', { uid: 5, gid: 6 }, { uid: 5, gid: 6 }],
  ])('%s %j gives %j', (name, ids, expected) => {
    expect(outcome(() => mapFrom(registry.get(name) as Machine, ids))).toEqual(expected);
  });
});

describe('mapping to a machine', () => {
  it.each<[Ids, unknown]>([
    // As systemd 262 answered to MapTo.
    [{ uid: 131072 }, { uid: 0, machine: 'one' }],
    [{ gid: 131072 }, { gid: 0, machine: 'one' }],
    [
      { uid: 131073, gid: 131077 },
      { uid: 1, gid: 5, machine: 'one' },
    ],
    [{ uid: 131073, gid: 100000 }, 'no-such-machine'],
    [{ uid: 70000, gid: 131073 }, 'no-such-machine'],
    [{ uid: 265536, gid: 131073 }, 'no-such-machine'],
    [{}, 'no-such-machine'],
    [{ uid: 131073, gid: 999 }, 'group-in-host-range'],
    [{ uid: 999, gid: 131073 }, 'user-in-host-range'],
    [{ uid: 999, gid: 999 }, 'user-in-host-range'],
    [{ uid: 66000, gid: 999 }, 'group-in-host-range'],
    [{ uid: 999, gid: 66000 }, 'user-in-host-range'],
    [{ uid: 66000, gid: 66000 }, 'no-such-user'],
    [{ uid: 131073, gid: 66000 }, 'no-such-group'],
    [{ uid: 66000, gid: 131073 }, 'no-such-user'],
    [{ uid: 0 }, 'user-in-host-range'],
    [{ gid: 0 }, 'group-in-host-range'],
    [{ uid: 65534 }, 'user-in-host-range'],
    [{ uid: 65535 }, 'invalid-parameter uid'],
    [{ uid: 65535, gid: 65535 }, 'invalid-parameter uid'],
    [{ uid: 4294967295 }, 'invalid-parameter uid'],
    [{ gid: -1 }, 'invalid-parameter gid'],
    [{ uid: 65536 }, { uid: 7, machine: 'low' }],
    [{ uid: 196606 }, { uid: 65534, machine: 'one' }],
    [{ uid: 500000 }, 'no-such-user'],
    [{ gid: 265536 }, 'no-such-group'],
    [{ uid: 265536 }, { uid: 65536, machine: 'big' }],
    // Here systemd answers EINVAL, a fault of its own.
    [{ uid: 196607 }, 'no-such-user'],
  ])('%j gives %j', (ids, expected) => {
    expect(
      outcome(() => {
        const { machine, ...mapped } = mapTo(registry, ids);
        return { ...mapped, machine: machine.name };
      }),
    ).toEqual(expected);
  });
});

describe('the uid shift', () => {
  it.each([
    // As systemd 262 answered to GetMachineUIDShift, and ENOMSG for `nomap`.
    ['.host', 0],
    ['plain', 0],
    ['one', 131072],
    ['all', 0],
    ['multi', 'no-uid-shift'],
    ['diff', 'no-uid-shift'],
    ['nomap', 'no-uid-shift'],
    ['avm', 'not-supported'],
    ['nested', 0],
  ])('of %s is %s', (name, expected) => {
    expect(outcome(() => uidShiftOf(registry.get(name) as Machine))).toBe(expected);
  });
});
