import { afterAll, describe, expect, it } from 'vitest';
import { moduleKinds, moduleLines } from '../../../src/host/lines/module-lines.ts';
import { AARCH64, debian, elf, fedora, type Prepared, prepareHost, X86_64 } from '../prepared-host.ts';

const seen = new Set<string>();
const told = (files: Readonly<Record<string, Prepared>>, hostsOtherwise = false) =>
  moduleLines(prepareHost(files).library, hostsOtherwise).map(({ level, of, reason, what, mend }) => {
    expect(of).toBe('modules');
    seen.add(reason);
    return [level, reason, mend === undefined ? what : `${what} -> ${mend}`];
  });

const found = (path: string, module: string) => [
  'ok',
  'module_found',
  `libnss_${module} is ${path}/libnss_${module}.so.2`,
];
const install = {
  mymachines: 'install it: libnss-mymachines on Debian, systemd-container on Fedora, systemd on Arch',
  systemd: 'install it: libnss-systemd on Debian, systemd elsewhere',
};
const absent = (module: 'mymachines' | 'systemd') => [
  'fail',
  'module_absent',
  `libnss_${module} is not there -> ${install[module]}`,
];

describe('the lines of modules', () => {
  it('say where they are, on Debian, Fedora and Arch', () => {
    const multiarch = '/usr/lib/x86_64-linux-gnu';
    expect(told(debian)).toEqual([found(multiarch, 'mymachines'), found(multiarch, 'systemd')]);
    expect(told({ ...fedora, '/lib64/libnss_mymachines.so.2': elf(X86_64) })).toEqual([
      found('/lib64', 'mymachines'),
      found('/lib64', 'systemd'),
    ]);
    const arch = {
      '/bin/sh': elf(X86_64),
      '/usr/lib/libc.so.6': elf(X86_64),
      '/usr/lib/libnss_mymachines.so.2': elf(X86_64),
      '/usr/lib/libnss_systemd.so.2': elf(X86_64),
    };
    expect(told(arch)).toEqual([found('/usr/lib', 'mymachines'), found('/usr/lib', 'systemd')]);
  });

  it('look where ld.so.conf says', () => {
    const files = {
      ...fedora,
      '/etc/ld.so.conf': '# more\ninclude ld.so.conf.d/*.conf\n/opt/first # there\n',
      '/etc/ld.so.conf.d/a.conf': 'include /etc/ld.so.conf\n/opt/second/\n',
      '/etc/ld.so.conf.d/aconf': '/opt/third\n',
      '/opt/second/libnss_mymachines.so.2': elf(X86_64),
      '/opt/third/libnss_systemd.so.2': elf(X86_64),
    };
    expect(told(files)).toEqual([found('/opt/second', 'mymachines'), found('/lib64', 'systemd')]);
  });

  it('say what is not there, and where it is from', () => {
    expect(told({ '/lib64/libc.so.6': elf(X86_64) })).toEqual([absent('mymachines'), absent('systemd')]);
  });

  it('say that libnss_mymachines is not needed', () => {
    expect(told(fedora, true)).toEqual([
      [
        'ok',
        'module_unneeded',
        'libnss_mymachines is not there, and is not needed: hosts are asked for in another way',
      ],
      found('/lib64', 'systemd'),
    ]);
  });

  it('tell modules for other processors, and go on looking', () => {
    const foreign = {
      ...fedora,
      '/usr/lib/aarch64-linux-gnu/libnss_mymachines.so.2': elf(AARCH64),
      '/usr/lib/aarch64-linux-gnu/libnss_systemd.so.2': elf(AARCH64),
    };
    expect(told(foreign)).toEqual([
      [
        'fail',
        'module_foreign',
        '/usr/lib/aarch64-linux-gnu/libnss_mymachines.so.2 is for another kind of processor than the programs here' +
          ` -> ${install.mymachines}`,
      ],
      found('/lib64', 'systemd'),
    ]);
    const old = Buffer.from(elf(X86_64));
    old[4] = 1;
    const compatible = { ...fedora, '/usr/lib/libnss_mymachines.so.2': old };
    expect(told(compatible)[0]?.[1]).toBe('module_foreign');
  });

  it('say nothing where there is no glibc', () => {
    expect(told({ '/lib/ld-musl-x86_64.so.1': elf(X86_64) })).toEqual([]);
    expect(told({})).toEqual([]);
  });

  afterAll(() => expect(seen).toEqual(new Set(Object.keys(moduleKinds))));
});
