import { describe, expect, it } from 'vitest';
import { Variant } from '../../../src/dbus/values.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { namesInList, toldByProperties } from '../../../src/sources/machine1/machine-properties.ts';
import { believe } from '../../../src/sources/machine1/told-machine.ts';

/** As `busctl --json=short call … GetAll` printed them of systemd-machined 262, of a container of systemd-nspawn. */
const recorded: [string, { signature: string; value: unknown }][] = [
  ['Name', new Variant('s', 'one')],
  ['Id', new Variant('ay', Buffer.from('7febf5cc34fd48febecdaa9506e1b5b4', 'hex'))],
  ['Timestamp', new Variant('t', 1795285292511324n)],
  ['TimestampMonotonic', new Variant('t', 12884424719n)],
  ['Service', new Variant('s', 'systemd-nspawn')],
  ['Unit', new Variant('s', 'one.scope')],
  ['Subgroup', new Variant('s', '')],
  ['Leader', new Variant('u', 207)],
  ['LeaderPIDFDId', new Variant('t', 2078728n)],
  ['Supervisor', new Variant('u', 203)],
  ['SupervisorPIDFDId', new Variant('t', 2078703n)],
  ['Class', new Variant('s', 'container')],
  ['RootDirectory', new Variant('s', '/var/lib/machines/one')],
  ['NetworkInterfaces', new Variant('ai', [2])],
  ['VSockCID', new Variant('u', 4294967295)],
  ['SSHAddress', new Variant('s', '')],
  ['SSHPrivateKeyPath', new Variant('s', '')],
  ['State', new Variant('s', 'running')],
  ['UID', new Variant('u', 0)],
];
const name = 'one' as MachineName;

describe('properties of a machine', () => {
  it('of systemd-machined 262', () => {
    expect(believe(toldByProperties(new Map(recorded)), name)).toEqual({
      machine: {
        name: 'one',
        class: 'container',
        leader: { pid: 207, pidfdId: 2078728 },
        supervisor: { pid: 203, pidfdId: 2078703 },
        id: '7febf5cc34fd48febecdaa9506e1b5b4',
        service: 'systemd-nspawn',
        rootDirectory: '/var/lib/machines/one',
        unit: 'one.scope',
        interfaces: [2],
        owner: 0,
        timestamp: { realtime: 1795285292511324, monotonic: 12884424719 },
      },
      problems: [],
    });
  });

  it.each(recorded.filter(([key]) => key !== 'State'))('%s of another type is refused', (key) => {
    for (const odd of [new Variant('d', 1.5), new Variant('as', ['one']), new Variant('v', new Variant('s', 'one'))]) {
      const { machine, problems } = believe(toldByProperties(new Map([...recorded, [key, odd]])), name);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/cannot be an object$/);
      expect(machine === undefined).toBe(key === 'Name' || key === 'Class');
    }
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'x'],
    ['texts', new Map([['Name', 'one']])],
    ['null', null],
  ])('that are %s say nothing', (_what, value) => {
    expect(believe(toldByProperties(value), name).machine).toBeUndefined();
  });
});

describe('the list of machines', () => {
  it('has their names', () => {
    const rows = ['.host', 'one'].map((row) => [
      row,
      'container',
      'systemd-nspawn',
      `/org/freedesktop/machine1/machine/${row}`,
    ]);
    expect(namesInList(rows)).toEqual(['.host', 'one']);
    expect(namesInList([])).toEqual([]);
  });

  it.each([undefined, null, 'x', ['one'], [[5, 'container']], [[]], [['one'], 3]])(
    'is refused when it is %j',
    (value) => {
      expect(namesInList(value)).toBeUndefined();
    },
  );
});
