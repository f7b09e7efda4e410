import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import {
  believe,
  isSameMachine,
  type ToldFields,
  type ToldMachine,
} from '../../../src/sources/machine1/told-machine.ts';

const web = 'web' as MachineName;
const all = {
  name: 'web',
  class: 'container',
  leader: { pid: 207, pidfdId: 2078728 },
  supervisor: { pid: 203, pidfdId: 2078703 },
  realtime: 1795285292511324,
  monotonic: 12884424719,
  id: '7febf5cc34fd48febecdaa9506e1b5b4',
  service: 'systemd-nspawn',
  rootDirectory: '/var/lib/machines/web',
  unit: 'web.scope',
  subgroup: 'payload',
  interfaces: [2, 3],
  vsockCid: 7,
  sshAddress: 'vsock/7',
  sshPrivateKeyPath: '/run/key',
  controlAddress: 'unix:/run/control',
  owner: 1000,
} satisfies ToldFields;

describe('what systemd-machined says of a machine', () => {
  it('is taken field by field', () => {
    const { realtime, monotonic, ...rest } = all;
    expect(believe(all, web)).toEqual({ machine: { ...rest, timestamp: { realtime, monotonic } }, problems: [] });
  });

  it('may be as little as an old systemd-machined says: what it does not know is not there', () => {
    const old = { ...all, id: '0'.repeat(32), service: '', rootDirectory: '', unit: '', vsockCid: 0xffff_ffff };
    const { leader, realtime, monotonic } = all;
    const told = { ...old, leader: { pid: leader.pid }, supervisor: { pid: 0, pidfdId: 0 }, interfaces: [] };
    const { machine, problems } = believe(
      {
        ...told,
        subgroup: undefined,
        sshAddress: '',
        sshPrivateKeyPath: undefined,
        controlAddress: undefined,
        owner: undefined,
      },
      web,
    );
    expect(problems).toEqual([]);
    expect(machine).toEqual({
      name: 'web',
      class: 'container',
      leader: { pid: 207 },
      interfaces: [],
      owner: 0,
      timestamp: { realtime, monotonic },
    });
    expect(Object.values(machine ?? {})).not.toContain(undefined);
  });

  it.each([
    ['id', 'xyz', /^id is no 128-bit id/],
    ['service', 'x'.repeat(2000), /^service has more than 1024 bytes/],
    ['service', 5, /^service cannot be 5$/],
    ['rootDirectory', 'var', /^rootDirectory is not an absolute path/],
    ['rootDirectory', '/a\0b', /^rootDirectory has a NUL byte/],
    ['unit', 'a\nb', /^unit has control characters/],
    ['subgroup', {}, /^subgroup cannot be an object$/],
    ['vsockCid', 1, /^vsockCid is no guest's context id/],
    ['vsockCid', '7', /^vsockCid cannot be "7"$/],
    ['sshAddress', 'a\u001b[1m', /^sshAddress has control characters/],
    ['sshPrivateKeyPath', 'key', /^sshPrivateKeyPath is not an absolute path/],
    ['controlAddress', true, /^controlAddress cannot be true$/],
    ['supervisor', { pid: -1 }, /^supervisor is no process number/],
  ] as const)('leaves out %s when it is %j, and says so', (field, value, problem) => {
    const { machine, problems } = believe({ ...all, [field]: value }, web);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(machine).toMatchObject({ name: 'web', leader: all.leader });
    expect(machine).not.toHaveProperty(field);
  });

  it.each([
    ['interfaces', [0], { interfaces: [] }],
    ['interfaces', 'x', { interfaces: [] }],
    ['owner', 2 ** 32, { owner: 0 }],
    ['realtime', 10n ** 18n, { timestamp: { realtime: 0, monotonic: all.monotonic } }],
    ['monotonic', -1, { timestamp: { realtime: all.realtime, monotonic: 0 } }],
  ] as const)('has none of %s when it is %s, and says so', (field, value, expected) => {
    const { machine, problems } = believe({ ...all, [field]: value }, web);
    expect(problems).toHaveLength(1);
    expect(machine).toMatchObject(expected);
  });

  it.each([
    ['another name', { name: 'db' }],
    ['no name', { name: undefined }],
    ['a name of another type', { name: 7 }],
    ['no class', { class: '' }],
    ['the class of the host', { class: 'host' }],
  ])('is no machine with %s', (_what, change) => {
    const { machine, problems } = believe({ ...all, ...change }, web);
    expect(machine).toBeUndefined();
    expect(problems.length).toBe('class' in change && change.class === '' ? 0 : 1);
  });

  it('has no leader rather than one that could be another process', () => {
    const { machine, problems } = believe({ ...all, leader: { pid: 207, pidfdId: 2n ** 60n } }, web);
    expect(machine).not.toHaveProperty('leader');
    expect(problems).toEqual(["leader's pidfd id cannot be 1152921504606846976"]);
    expect(believe({ ...all, leader: { pid: 0, pidfdId: 0 } }, web)).toMatchObject({ problems: [] });
  });

  it('can be anything at all', () => {
    const process = fc.record({ pid: fc.anything(), pidfdId: fc.anything() }, { requiredKeys: [] });
    const keys = Object.keys(all).filter((key) => key !== 'leader' && key !== 'supervisor');
    const values = Object.fromEntries(keys.map((key) => [key, fc.anything({ withBigInt: true, withMap: true })]));
    const fields = fc.record({ ...values, leader: process, supervisor: process }, { requiredKeys: [] });
    fc.assert(
      fc.property(fields, fc.boolean(), (told, named) => {
        const { machine, problems } = believe(named ? { ...told, name: 'web', class: 'vm' } : told, web);
        expect(machine !== undefined).toBe(named || (told as ToldFields).name === 'web');
        for (const problem of problems) expect(problem.length).toBeLessThan(200);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the same registration', () => {
  const machine = believe(all, web).machine as ToldMachine;
  const { leader: _leader, ...leaderless } = machine;
  it.each([
    [true, 'all the same', machine],
    [true, 'of a leader without a pidfd id', { ...machine, leader: { pid: 207 } }],
    [true, 'when the leader has ended', leaderless],
    [false, 'of another process', { ...machine, leader: { pid: 208, pidfdId: 2078728 } }],
    [false, 'of another process with the same number', { ...machine, leader: { pid: 207, pidfdId: 9 } }],
    [false, 'of another moment', { ...machine, timestamp: { ...machine.timestamp, monotonic: 1 } }],
    [false, 'of another time', { ...machine, timestamp: { ...machine.timestamp, realtime: 1 } }],
  ])('is %s: %s', (same, _what, other) => {
    expect(isSameMachine(machine, other)).toBe(same);
    expect(isSameMachine(other, machine)).toBe(same);
  });
});
