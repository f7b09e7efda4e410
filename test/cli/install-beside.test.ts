import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiledMain } from '../support/build.ts';
import { projectRoot } from '../support/project-root.ts';
import { mymachines } from './command.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mymachines-install-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const run = (word: string, ...options: string[]) => mymachines(word, `--root=${root}`, ...options);
const at = (path: string) => join(root, path);
const enable = (link: string, unit: string): void => {
  mkdirSync(dirname(at(`etc/systemd/system/${link}`)), { recursive: true });
  symlinkSync(`/usr/lib/systemd/system/${unit}`, at(`etc/systemd/system/${link}`));
};
const files = () =>
  execFileSync('find', ['.', '-type', 'f'], { cwd: root, encoding: 'utf8' }).split('\n').sort().slice(1);
const unit = './usr/lib/systemd/system/mymachines.service';
const completion = './usr/share/bash-completion/completions/mymachines';
const note = './usr/share/mymachines/installed.json';

describe('mymachines install --beside', () => {
  it('puts one unit in place that looks on at systemd-machined, and says how to start it', async () => {
    const { status, stdout, stderr } = await run('install', '--beside');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(files()).toEqual([unit, completion, note]);
    expect(readFileSync(at(unit), 'utf8')).toContain(
      `\nExecStart=:"${process.execPath}" "${compiledMain}" serve --source=machine1\n`,
    );
    expect(stdout).toContain('\n  systemctl enable --now mymachines.service\n');
    expect(stdout).not.toMatch(/mask|socket/);
    expect(await run('uninstall')).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(root)).toEqual([]);
  });

  it('leaves OpenRC alone, which has no systemd-machined', async () => {
    mkdirSync(at('sbin'));
    writeFileSync(at('sbin/openrc-run'), '');
    await run('install', '--beside');
    expect(files()).toEqual(['./sbin/openrc-run', unit, completion, note]);
  });

  it('takes the place of an installation in the place of systemd-machined, and the other way round', async () => {
    await run('install');
    const whole = files();
    expect((await run('install', '--beside')).stdout).toContain(`replaced  ${unit.slice(1)}\n`);
    expect(files()).toEqual([unit, completion, note]);
    await run('install');
    expect(files()).toEqual(whole);
    expect(readFileSync(at(unit), 'utf8')).toContain('\nConflicts=systemd-machined.service');
  });

  it('does not take units away that are enabled, and says what to do first', async () => {
    await run('install');
    enable('sockets.target.wants/mymachines.socket', 'mymachines.socket');
    const before = files();
    for (const more of [[], ['--dry-run']]) {
      expect(await run('install', '--beside', ...more)).toEqual({
        status: 1,
        stdout: '',
        stderr:
          'mymachines: it is enabled in the place of systemd-machined; first: systemctl disable --now ' +
          'mymachines.service mymachines.socket mymachines-userdb.socket\n',
      });
    }
    expect(files()).toEqual(before);
    rmSync(at('etc/systemd/system/sockets.target.wants/mymachines.socket'));
    expect((await run('install', '--beside')).status).toBe(0);
    enable('multi-user.target.wants/mymachines.service', 'mymachines.service');
    // As it is after an update: the same unit stays enabled.
    expect((await run('install', '--beside')).status).toBe(0);
    expect((await run('uninstall')).stderr).toBe(
      'mymachines: it is enabled; first: systemctl disable --now mymachines.service\n',
    );
  });

  it('confines the service as the one that has the place of systemd-machined, and more: it goes into no machine', () => {
    const service = (name: string) => {
      const [, , section = ''] = readFileSync(`${projectRoot}/share/systemd/${name}`, 'utf8').split(/^\[\w+\]$/m);
      return section.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    };
    const [instead, beside] = [service('mymachines.service'), service('mymachines-beside.service')];
    expect(beside.filter((line) => !instead.includes(line))).toEqual([
      'ExecStart=:@NODE@ @PROGRAM@ serve --source=machine1',
      'RestrictNamespaces=yes',
      'PrivateDevices=yes',
    ]);
    const others = instead.filter((line) => !beside.includes(line));
    expect(others.slice(0, 2)).toEqual([
      'Sockets=mymachines.socket mymachines-userdb.socket',
      'ExecStart=:@NODE@ @PROGRAM@ serve',
    ]);
    const rights = ['CapabilityBoundingSet', 'RestrictNamespaces', 'SystemCallFilter', 'DevicePolicy', 'DeviceAllow'];
    expect(new Set(others.slice(2).map((line) => line.split('=')[0]))).toEqual(new Set(rights));
    expect(beside.length).toBeGreaterThan(20);
  });
});
