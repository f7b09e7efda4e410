import { describe, expect, it } from 'vitest';
import { inOrder, registryLines } from '../../src/cli/check-text.ts';

type Finding = Parameters<typeof registryLines>[0]['findings'][number];

const finding = (reason: Finding['reason'], rest: Partial<Finding> = {}): Finding => ({
  level: 'warn',
  reason,
  machines: ['one', 'two'],
  others: 0,
  ...rest,
});
/** The lines that are not `ok`, without what to do. */
const told = (findings: readonly Finding[], more: readonly Finding['reason'][] = []) =>
  registryLines({ findings: [...findings], more: [...more] })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, of, what }) => `${level} ${of}: ${what}`);

describe('the lines of a check', () => {
  it('say what is all right when nothing is not', () => {
    const lines = registryLines({ findings: [], more: [] });
    expect(lines.map(({ level, of, mend }) => [level, of, mend])).toEqual([
      ['ok', 'host names', undefined],
      ['ok', 'users and groups', undefined],
      ['ok', 'addresses', undefined],
    ]);
  });

  it.each<[Finding, string]>([
    [
      finding('name_collision', { level: 'fail', name: 'web' }),
      'fail host names: web leads nowhere, because several would have it: one, two',
    ],
    [
      finding('name_hidden', { name: 'web', by: 'Web', machines: ['one'] }),
      'warn host names: web leads to the machine Web, not to who would have it: one',
    ],
    [
      finding('name_case', { name: 'web', machines: ['Web', 'WEB'] }),
      'warn host names: web is the name of several that spell it differently: Web, WEB',
    ],
    [
      finding('name_long_label', { name: 'x', machines: ['X'] }),
      'warn host names: a part of 64 characters is more than the DNS can carry: X',
    ],
    [
      finding('user_overlap', { start: 100_000, count: 10 }),
      'warn users and groups: several machines have the user ids 100000-100009, which count as those of the first: one, two',
    ],
    [
      finding('group_overlap', { start: 100_000, count: 1 }),
      'warn users and groups: several machines have the group ids 100000, which count as those of the first: one, two',
    ],
    [
      finding('short_name', { level: 'fail', name: 'short_aaaaaaaaaa' }),
      'fail users and groups: vu-short_aaaaaaaaaa-N could be one of several machines’, and so is nobody: one, two',
    ],
    [finding('not_live', { others: 7 }), 'warn addresses: they are read when asked for only: one, two and 7 more'],
    [finding('address_limit'), 'warn addresses: there may be more than are looked at: one, two'],
    [finding('interface_limit'), 'warn addresses: there may be more interfaces than are looked at: one, two'],
  ])('%# say what was found, and what to do', (found, line) => {
    expect(told([found])).toEqual([line]);
    const lines = registryLines({ findings: [found], more: [] });
    expect(lines).toHaveLength(3);
    const [about] = lines.filter(({ level }) => level !== 'ok');
    expect(about?.finding).toBe(found);
    expect(about?.reason).toBe(found.reason);
    expect(about?.mend).toMatch(/^[a-z].*[a-zA-Z]$/);
  });

  it('say when there is more, as bad as what is told', () => {
    const some = ['a', 'b'].map((name) => finding('name_collision', { level: 'fail', name }));
    expect(told([...some, finding('name_case', { name: 'c' })], ['name_collision'])).toEqual([
      'fail host names: a leads nowhere, because several would have it: one, two',
      'fail host names: b leads nowhere, because several would have it: one, two',
      'warn host names: c is the name of several that spell it differently: one, two',
      'fail host names: there are more than these 2 of the kind name_collision',
    ]);
  });
});

describe('all lines together', () => {
  const line = (of: string, level: 'ok' | 'warn', reason: string) => ({
    level,
    of,
    what: '',
    reason,
  });
  const order = (...lines: Parameters<typeof inOrder>[0]) => inOrder(lines).map(({ of, level }) => `${level} ${of}`);

  it('are in the order in which things are looked at', () => {
    const areas = [
      'DNS',
      'addresses',
      'bus',
      'host names',
      'limits',
      'modules',
      'nsswitch.conf',
      'registry',
      'sockets',
    ];
    const all = [...areas, 'sources', 'systemd-resolved', 'users and groups'];
    expect(order(...all.map((of) => line(of, 'ok', 'x')))).toEqual(
      [
        'registry',
        'sockets',
        'bus',
        'sources',
        'limits',
        'host names',
        'users and groups',
        'addresses',
        'nsswitch.conf',
        'modules',
        'systemd-resolved',
        'DNS',
      ].map((of) => `ok ${of}`),
    );
  });

  it('say nothing is well that the host stands in the way of', () => {
    const well = registryLines({ findings: [], more: [] });
    expect(order(...well, line('host names', 'warn', 'name_in_hosts'))).toEqual([
      'warn host names',
      'ok users and groups',
      'ok addresses',
    ]);
    expect(order(line('modules', 'ok', 'a'), line('modules', 'warn', 'b'))).toEqual(['ok modules', 'warn modules']);
  });
});
