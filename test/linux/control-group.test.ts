import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { belowRoot, parseControlGroup, readControlGroup, rootOfManager } from '../../src/linux/control-group.ts';
import { processesBelow } from '../../src/linux/control-group-processes.ts';
import { Process } from '../../src/linux/process.ts';

describe('parseControlGroup', () => {
  it.each([
    ['version 2', '0::/system.slice/a.service\n', '/system.slice/a.service'],
    ['version 2 below a kernel that lists version 1 too', '9:name=systemd:/\n1:cpu:/\n0::/user.slice\n', '/user.slice'],
    [
      'version 1, with version 2 known but not used',
      '2:cpu:/x\n1:name=systemd:/system.slice/b.service\n0::/\n',
      '/system.slice/b.service',
    ],
    ['both, as systemd mixes them', '1:name=systemd:/init.scope\n0::/init.scope\n', '/init.scope'],
    ['the root', '0::/\n', '/'],
    ['a removed control group', '0::/gone.scope (deleted)\n', '/gone.scope'],
    ['a colon in the name', '0::/a:b.scope\n', '/a:b.scope'],
    ['outside our control-group namespace', '0::/../other\n', '/../other'],
    ['only controllers', '1:cpu:/x\n', undefined],
    ['nothing', '', undefined],
  ])('reads %s', (_, text, path) => {
    expect(parseControlGroup(text)).toBe(path);
  });

  it('reads that of a living process', () => {
    const self = Process.open(process.pid);
    const path = readControlGroup(self);
    self.close();
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toContain(`:${path}\n`);
  });
});

describe('belowRoot', () => {
  it.each([
    ['/lxc/web/system.slice/x.service', '/lxc/web', '/system.slice/x.service'],
    ['/lxc/web', '/lxc/web', '/'],
    ['/lxc/website/x.service', '/lxc/web', '/lxc/website/x.service'],
    ['/system.slice', '/', '/system.slice'],
    ['/elsewhere', '/lxc/web', '/elsewhere'],
  ])('shows %s from %s as %s', (path, root, shown) => {
    expect(belowRoot(path, root)).toBe(shown);
  });

  it.each([
    ['/init.scope', '/'],
    ['/lxc/web/init.scope', '/lxc/web'],
    ['/', '/'],
    ['/lxc/web', '/lxc/web'],
  ])('takes %s of PID 1 to mean the root %s', (path, root) => {
    expect(rootOfManager(path)).toBe(root);
  });
});

describe('processesBelow', () => {
  let mount: string;

  beforeEach(() => {
    mount = mkdtempSync('/tmp/control-group-');
  });

  afterEach(() => rmSync(mount, { recursive: true }));

  function group(path: string, processes: string): void {
    mkdirSync(join(mount, path), { recursive: true });
    writeFileSync(join(mount, path, 'cgroup.procs'), processes);
  }

  it('lists the processes of a control group and all below it', () => {
    group('a.scope', '10\n11\n');
    group('a.scope/payload', '12\n');
    group('a.scope/payload/deep', '13\n');
    group('b.scope', '14\n');
    expect(processesBelow('/a.scope', mount).sort()).toEqual([10, 11, 12, 13]);
  });

  it('leaves out processes that have no number here', () => {
    group('a.scope', '0\n10\n');
    expect(processesBelow('/a.scope', mount)).toEqual([10]);
  });

  it('finds none where there is nothing, or outside', () => {
    group('a.scope', '10\n');
    expect(processesBelow('/none', mount)).toEqual([]);
    expect(processesBelow('/b/../a.scope', mount)).toEqual([]);
    expect(processesBelow('a.scope', mount)).toEqual([]);
  });

  it('does not fail for a path longer than the kernel takes', () => {
    group('a.scope', '10\n');
    expect(processesBelow(`/a.scope/${'x/'.repeat(3000)}`, mount)).toEqual([]);
  });
});
