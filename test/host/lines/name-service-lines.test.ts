import { afterAll, describe, expect, it } from 'vitest';
import { nameServiceKinds, nameServiceLines, type OtherWays } from '../../../src/host/lines/name-service-lines.ts';
import { debian, elf, fedora, type Prepared, prepareHost, X86_64 } from '../prepared-host.ts';

const nothing: OtherWays = { resolvedRuns: false, resolved: false, dns: false };
const resolved: OtherWays = { resolvedRuns: true, resolved: true, dns: true };
/** It runs, and knows no machines: it is too old, or there is no mymachines. */
const blindResolved: OtherWays = { resolvedRuns: true, resolved: false, dns: false };

const seen = new Set<string>();
/** The lines that are not `ok`, or all of a database. */
const told = (files: Readonly<Record<string, Prepared>>, ways: OtherWays, database = '') =>
  nameServiceLines(prepareHost(files), ways)
    .map((line) => {
      seen.add(line.reason);
      return line;
    })
    .filter(({ level, what }) => (database === '' ? level !== 'ok' : what.startsWith(`${database}:`)))
    .map(({ level, reason, what, mend }) => [level, reason, mend === undefined ? what : `${what} -> ${mend}`]);
const hosts = (services: string): Record<string, Prepared> => ({ ...debian, '/etc/nsswitch.conf': lines(services) });
const lines = (services: string, ids = 'files systemd') => `hosts: ${services}\npasswd: ${ids}\ngroup: ${ids}\n`;

describe('the lines of nsswitch.conf', () => {
  it('say that all is asked', () => {
    expect(nameServiceLines(prepareHost(debian), nothing)).toEqual([
      { level: 'ok', of: 'nsswitch.conf', reason: 'nsswitch_asked', what: 'hosts: mymachines is asked' },
      { level: 'ok', of: 'nsswitch.conf', reason: 'nsswitch_asked', what: 'passwd: systemd is asked' },
      { level: 'ok', of: 'nsswitch.conf', reason: 'nsswitch_asked', what: 'group: systemd is asked' },
    ]);
  });

  it.each<[string, OtherWays, string]>([
    ['files dns', nothing, 'files mymachines dns'],
    ['files', blindResolved, 'files mymachines'],
    ['', nothing, 'mymachines'],
    [
      'files myhostname resolve [!UNAVAIL=return] dns',
      blindResolved,
      'files myhostname mymachines resolve [!UNAVAIL=return] dns',
    ],
    ['resolve [!UNAVAIL=return] files dns', blindResolved, 'mymachines resolve [!UNAVAIL=return] files dns'],
    ['files [NOTFOUND=return] dns', nothing, 'files mymachines [NOTFOUND=return] dns'],
    ['files [SUCCESS=continue] dns', nothing, 'files [SUCCESS=continue] mymachines dns'],
    ['mdns4_minimal [NOTFOUND=return] dns', nothing, 'mymachines mdns4_minimal [NOTFOUND=return] dns'],
  ])('say that mymachines is missing in hosts: %s', (services, ways, written) => {
    expect(told(hosts(services), ways)).toEqual([
      ['fail', 'nsswitch_missing', `hosts: mymachines is not asked -> write hosts: ${written} in /etc/nsswitch.conf`],
    ]);
    // With what is to be written it is asked, and before the network.
    expect(told(hosts(written), ways)).toEqual([]);
  });

  it.each([
    [
      'files resolve [!UNAVAIL=return] dns',
      'nsswitch_by_resolve',
      'resolve is asked, and that is systemd-resolved, which asks mymachines',
    ],
    [
      'files resolve [!UNAVAIL=return] mymachines dns',
      'nsswitch_by_resolve',
      'resolve is asked, and that is systemd-resolved, which asks mymachines',
    ],
    ['files resolve mymachines', 'nsswitch_asked', 'mymachines is asked'],
    ['files dns', 'nsswitch_by_dns', 'dns is asked, and the server of /etc/resolv.conf knows machines'],
    ['files dns mymachines', 'nsswitch_asked', 'mymachines is asked'],
  ])('say that they are found in another way: %s', (services, reason, what) => {
    expect(told(hosts(services), resolved, 'hosts')).toEqual([['ok', reason, `hosts: ${what}`]]);
  });

  it('say that the network is asked first', () => {
    const mend = 'write hosts: files mymachines dns in /etc/nsswitch.conf';
    const what = 'hosts: dns is asked before mymachines, and so the network for each machine';
    expect(told(hosts('files dns mymachines'), nothing)).toEqual([
      ['warn', 'nsswitch_network_first', `${what} -> ${mend}`],
    ]);
  });

  it.each([
    ['resolve [!UNAVAIL=return] mymachines', 'resolve [!UNAVAIL=return]', 'mymachines resolve [!UNAVAIL=return]'],
    ['files [ notfound=RETURN ] mymachines', 'files [ notfound=RETURN ]', 'files mymachines [ notfound=RETURN ]'],
    ['files dns [!UNAVAIL=return] mymachines', 'dns [!UNAVAIL=return]', 'files mymachines dns [!UNAVAIL=return]'],
  ])('say what ends the search before mymachines: %s', (services, by, written) => {
    const what = `hosts: ${by} ends the search before mymachines is asked`;
    expect(told(hosts(services), blindResolved)).toEqual([
      ['fail', 'nsswitch_stopped', `${what} -> write hosts: ${written} in /etc/nsswitch.conf`],
    ]);
    expect(told(hosts(written), blindResolved)).toEqual([]);
  });

  it('know that resolve ends no search where it does not answer', () => {
    const services = 'files resolve [!UNAVAIL=return] mymachines';
    const { '/usr/lib/x86_64-linux-gnu/libnss_resolve.so.2': _, ...without } = hosts(services);
    expect(told(hosts(services), nothing)).toEqual([
      ['warn', 'nsswitch_network_first', expect.stringContaining('resolve is asked before mymachines')],
    ]);
    expect(told(without, blindResolved)).toEqual(told(hosts(services), nothing));
  });

  it('say that an answer is thrown away', () => {
    expect(told(hosts('mymachines [SUCCESS=continue] dns'), nothing)).toEqual([
      [
        'fail',
        'nsswitch_discarded',
        'hosts: what mymachines answers is thrown away: [SUCCESS=continue] -> write hosts: mymachines dns in /etc/nsswitch.conf',
      ],
    ]);
  });

  it.each([
    ['files', 'files systemd'],
    ['files sss', 'files systemd sss'],
    ['compat [NOTFOUND=return] nis', 'compat systemd [NOTFOUND=return] nis'],
  ])('say that systemd is missing in passwd and group: %s', (ids, written) => {
    const of = (database: string) => [
      'fail',
      'nsswitch_missing',
      `${database}: systemd is not asked -> write ${database}: ${written} in /etc/nsswitch.conf`,
    ];
    const file = (text: string) => ({ ...debian, '/etc/nsswitch.conf': lines('mymachines', text) });
    expect(told(file(ids), nothing)).toEqual([of('passwd'), of('group')]);
    expect(told(file(written), nothing)).toEqual([]);
  });

  it('say that a file is not understood, whatever line it is in', () => {
    const text = `${debian['/etc/nsswitch.conf'] as string}shadow: files [NOTFOUND=retrun] nis\n`;
    expect(told({ ...debian, '/etc/nsswitch.conf': text }, nothing)).toEqual([
      [
        'fail',
        'nsswitch_fault',
        'a line is not understood, and the C library then goes without the whole file: shadow: files [NOTFOUND=retrun] nis' +
          ' -> mend that line (nsswitch.conf(5)) in /etc/nsswitch.conf',
      ],
    ]);
  });

  it('say what to write where there is no file', () => {
    const { '/etc/nsswitch.conf': _, ...bare } = debian;
    const text = 'there is no /etc/nsswitch.conf that can be read';
    const mend = 'write it: hosts: files mymachines dns; passwd: files systemd; group: files systemd';
    expect(told(bare, nothing)).toEqual([['fail', 'nsswitch_no_file', `${text} -> ${mend}`]]);
  });

  it('say who writes the file', () => {
    expect(told(fedora, resolved)).toEqual([]);
    expect(told(fedora, blindResolved)).toEqual([
      [
        'fail',
        'nsswitch_missing',
        'hosts: mymachines is not asked -> write hosts: files myhostname mymachines resolve [!UNAVAIL=return] dns' +
          ' by authselect(8), which makes the file: in a profile of your own, or in user-nsswitch.conf',
      ],
    ]);
    const { '/etc/nsswitch.conf': text, ...rest } = hosts('files dns');
    expect(told({ ...rest, '/usr/etc/nsswitch.conf': text as string }, nothing)).toEqual([
      [
        'fail',
        'nsswitch_missing',
        'hosts: mymachines is not asked -> write hosts: files mymachines dns in /etc/nsswitch.conf, a copy of /usr/etc/nsswitch.conf',
      ],
    ]);
  });

  it('say that the C library asks no modules', () => {
    const alpine = { '/lib/ld-musl-x86_64.so.1': elf(X86_64), '/etc/nsswitch.conf': 'hosts: files dns\n' };
    expect(told(alpine, nothing)).toEqual([
      [
        'warn',
        'libc_musl',
        'the C library is musl, which asks no modules: users have no names, machines those of the DNS' +
          " -> 'mymachines serve --dns', and its address in /etc/resolv.conf",
      ],
    ]);
  });

  it('say that no C library was found', () => {
    expect(told({ '/etc/nsswitch.conf': 'hosts: files\n' }, nothing)).toEqual([
      [
        'warn',
        'libc_unknown',
        'there is no C library where it is looked for, so that its modules are not looked for either' +
          " -> look yourself whether 'getent passwd vu-NAME-0' finds somebody",
      ],
    ]);
  });

  afterAll(() => expect(seen).toEqual(new Set(Object.keys(nameServiceKinds))));
});
