import { afterAll, describe, expect, it } from 'vitest';
import type { KnownMachine } from '../../../src/host/host-facts.ts';
import { collisionLines, hostNameKinds, idKinds } from '../../../src/host/lines/collision-lines.ts';
import { prepareHost } from '../prepared-host.ts';

const seen = new Set<string>();
const machine = (name: string, rest: Partial<KnownMachine> = {}): KnownMachine => ({
  name,
  addresses: [],
  users: [],
  groups: [],
  ...rest,
});
const told = (machines: readonly KnownMachine[], files: Readonly<Record<string, string>>, hostName = 'host') =>
  collisionLines(machines, prepareHost(files), hostName).map(({ level, of, reason, what, mend }) => {
    seen.add(reason);
    return [level, of, reason, what, mend];
  });

describe('the lines of what the host has, too', () => {
  const remove = 'remove the line, or register the machine under another name';

  it('say which names /etc/hosts leads elsewhere', () => {
    const hosts = `127.0.0.1 localhost
10.0.0.9  Web.example  WEB # not 10.0.0.8 other
fd00:0::9 web
10.0.0.7\tmail
# 10.0.0.6 db
nonsense db
`;
    const machines = [
      machine('web', { addresses: ['10.0.0.1'] }),
      machine('mail', { addresses: ['10.0.0.7'] }),
      machine('db'),
      machine('other'),
    ];
    expect(told(machines, { '/etc/hosts': hosts })).toEqual([
      [
        'warn',
        'host names',
        'name_in_hosts',
        '/etc/hosts has web at 10.0.0.9, fd00::9, and that is found before the machine is',
        remove,
      ],
    ]);
    // As the very file has it that systemd-resolved and the C library read: the line of WEB is the same name.
    expect(told([machine('Web.Example')], { '/etc/hosts': hosts })[0]?.[3]).toContain('Web.Example at 10.0.0.9,');
  });

  it('say that a machine has the name of the host', () => {
    const mend = 'register the machine under another name';
    const line = ['warn', 'host names', 'name_of_host', 'Web is the host’s own name, too', mend];
    expect(told([machine('Web')], {}, 'web')).toEqual([line]);
    expect(told([machine('Web')], {}, 'web.example.com')).toEqual([line]);
    expect(told([machine('Web')], {}, 'web2')).toEqual([]);
  });

  it('say which users and groups of the host have ids of a machine', () => {
    const machines = [
      machine('low', { users: [{ start: 1000, count: 65536 }], groups: [{ start: 1000, count: 65536 }] }),
      machine('web', { users: [{ start: 131072, count: 10 }], groups: [{ start: 200000, count: 1 }] }),
    ];
    const files = {
      '/etc/passwd': `root:x:0:0:root:/root:/bin/sh
low:x:65535:65535::/:
first:x:131072:1::/:
last:x:131081:1::/:
after:x:131082:1::/:
high:x:66000:1::/:
odd:x::1::/:
`,
      '/etc/group': 'before:x:199999:\nsame:x:200000:\nafter:x:200001:\n',
    };
    const of = (kind: string, name: string, id: number, whose: string) => [
      'fail',
      'users and groups',
      `${kind}_of_host`,
      `${kind} ${name} of the host has the id ${id}, which is also one of the machine ${whose}`,
      `give the ${kind} another id, or the machine another range`,
    ];
    expect(told(machines, files)).toEqual([
      of('user', 'first', 131072, 'web'),
      of('user', 'last', 131081, 'web'),
      of('user', 'high', 66000, 'low'),
      of('group', 'same', 200000, 'web'),
    ]);
  });

  it('are not many', () => {
    const many = Array.from({ length: 50 }, (_, index) => `u${index}:x:${100000 + index}:1::/:`).join('\n');
    const machines = [machine('web', { users: [{ start: 100000, count: 65536 }] })];
    expect(told(machines, { '/etc/passwd': many })).toHaveLength(16);
  });

  afterAll(() => expect(seen).toEqual(new Set([...Object.keys(hostNameKinds), ...Object.keys(idKinds)])));
});
