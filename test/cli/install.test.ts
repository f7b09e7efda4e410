import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRoot } from '../linux/process-tree.ts';
import { compiledMain } from '../support/build.ts';
import { projectRoot } from '../support/project-root.ts';
import { mymachines } from './command.ts';
import { polkitDefaults } from './install/rules.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mymachines-install-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const run = (word: string, ...options: string[]) => mymachines(word, `--root=${root}`, ...options);
const at = (path: string) => join(root, path);
const put = (path: string, content: string) => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
};
/** Every file and directory below the root, with kind, mode, time and content. */
const tree = () =>
  execFileSync('find', [root, '-printf', '%P %y %m %T@ %l\n'], { encoding: 'utf8' }).split('\n').sort();
const contents = () =>
  execFileSync('find', [root, '-type', 'f', '-exec', 'sha256sum', '{}', '+'], { encoding: 'utf8' });

const unit = 'usr/lib/systemd/system/mymachines.service';
const policy = 'usr/share/polkit-1/actions/org.freedesktop.machine1.policy';
const morePolicy = 'usr/share/polkit-1/actions/mymachines.policy';
const everything = [
  '/usr/lib/systemd/system/mymachines.service',
  '/usr/lib/systemd/system/mymachines.socket',
  '/usr/lib/systemd/system/mymachines-userdb.socket',
  '/usr/lib/tmpfiles.d/mymachines.conf',
  '/etc/dbus-1/system.d/mymachines.conf',
  '/usr/share/dbus-1/system-services/org.freedesktop.machine1.service',
  '/usr/share/polkit-1/actions/org.freedesktop.machine1.policy',
  '/usr/share/bash-completion/completions/mymachines',
];

describe('mymachines install', () => {
  it('puts all files in place, and uninstall takes all of them and their directories away', async () => {
    put('etc/hostname', 'host\n');
    const before = tree();
    const { status, stdout, stderr } = await run('install');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const path of everything) {
      expect(stdout).toContain(`installed ${path}\n`);
      expect(statSync(at(path)).mode & 0o7777).toBe(0o644);
      expect(readFileSync(at(path), 'utf8')).not.toMatch(/@[A-Z]+@/);
    }
    expect(readFileSync(at(unit), 'utf8')).toContain(`\nExecStart=:"${process.execPath}" "${compiledMain}" serve\n`);
    expect(await run('uninstall')).toMatchObject({ status: 0, stderr: '' });
    // The times of directories change with what is in them.
    const withoutTimes = (lines: string[]) => lines.map((line) => line.replace(/ [\d.]+ $/, ''));
    expect(withoutTimes(tree())).toEqual(withoutTimes(before));
    expect(await run('uninstall')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'mymachines: Nothing is installed below /usr.\n',
    });
  });

  it('changes nothing when all is in place, and says what it would do', async () => {
    const dry = await run('install', '--dry-run');
    expect(dry).toMatchObject({ status: 0, stderr: '' });
    expect(dry.stdout.match(/^would install .*$/gm)?.map((line) => line.split(' ').at(-1))).toEqual(everything);
    expect(readdirSync(root)).toEqual([]);
    await run('install');
    const before = tree();
    const again = await run('install');
    expect(again.stdout.match(/^unchanged /gm)).toHaveLength(everything.length);
    expect((await run('uninstall', '--dry-run')).stdout.match(/^would remove /gm)).toHaveLength(everything.length);
    expect(tree()).toEqual(before);
  });

  it('leaves what others have put there, where that does the same', async () => {
    const theirs = `<!-- theirs -->${readFileSync(`${projectRoot}/share/polkit/org.freedesktop.machine1.policy`, 'utf8')}`;
    put(policy, theirs);
    const { stdout } = await run('install');
    expect(stdout).toContain(`left      /${policy} (there is another already, and it has the same actions)\n`);
    expect(readFileSync(at(policy), 'utf8')).toBe(theirs);
    await run('install');
    expect(existsSync(at(morePolicy))).toBe(false);
    await run('uninstall');
    expect(readFileSync(at(policy), 'utf8')).toBe(theirs);
  });

  it('tells polkit of the actions that an older policy file lacks, until that is one with all', async () => {
    const whole = readFileSync(`${projectRoot}/share/polkit/org.freedesktop.machine1.policy`, 'utf8');
    const older = ['inspect-machines', 'inspect-images'].reduce(
      (text, name) => text.replace(new RegExp(`<action id="[a-z0-9.]*${name}">.*?</action>`, 's'), ''),
      whole,
    );
    put(policy, older);
    const { stdout } = await run('install');
    expect(stdout).toContain(
      `left      /${policy} (there is another already, and those that it lacks are in another file)`,
    );
    expect(readFileSync(at(policy), 'utf8')).toBe(older);
    const all = polkitDefaults(whole);
    const more = polkitDefaults(readFileSync(at(morePolicy), 'utf8'));
    expect(Object.keys(more).sort()).toEqual(
      Object.keys(all)
        .filter((id) => id.includes('inspect'))
        .sort(),
    );
    expect({ ...polkitDefaults(older), ...more }).toEqual(all);
    expect((await run('install')).stdout).toMatch(new RegExp(`^unchanged +/${morePolicy}$`, 'm'));
    put(policy, whole);
    expect((await run('install')).stdout).toMatch(new RegExp(`^removed +/${morePolicy}$`, 'm'));
    await run('uninstall');
    expect(existsSync(at(morePolicy))).toBe(false);
  });

  it.each([
    ['a file', () => put(unit, 'theirs')],
    [
      'a link',
      () => {
        mkdirSync(dirname(at(unit)), { recursive: true });
        symlinkSync('/dev/null', at(unit));
      },
    ],
    ['a directory', () => mkdirSync(at(unit), { recursive: true })],
  ])('changes nothing when %s is in the way', async (_, put) => {
    put();
    const before = tree();
    for (const options of [[], ['--dry-run']]) {
      const { status, stderr } = await run('install', ...options);
      expect(status).toBe(1);
      expect(stderr).toBe(
        `mymachines: ${at(unit)} is in the way: it is there already, and not from mymachines install\n`,
      );
    }
    expect(tree()).toEqual(before);
  });

  it('leaves a file that the administrator has changed, and says so', async () => {
    await run('install');
    put(unit, 'changed');
    expect((await run('install')).stdout).toContain(
      `left      /${unit} (it has been changed since it was installed)\n`,
    );
    expect(readFileSync(at(unit), 'utf8')).toBe('changed');
    expect((await run('uninstall')).stdout).toContain(`left      /${unit} (it has been changed since`);
    expect(contents()).toMatch(new RegExp(`^\\S+ {2}${at(unit)}\n$`));
  });

  it('puts a file back that is gone, and replaces those of another version', async () => {
    await run('install');
    const whole = contents();
    // As an earlier version would have left it: other content, which the note has the checksum of, and a file more.
    const note = at('usr/share/mymachines/installed.json');
    const { files, directories } = JSON.parse(readFileSync(note, 'utf8'));
    rmSync(at(policy));
    put(unit, 'test');
    put('etc/old', 'test');
    files[`/${unit}`] = files['/etc/old'] = ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'];
    writeFileSync(note, JSON.stringify({ files, directories }));
    const { stdout } = await run('install');
    expect(stdout).toContain(`installed /${policy}\n`);
    expect(stdout).toContain(`replaced  /${unit}\n`);
    expect(stdout).toContain('removed   /etc/old\n');
    expect(contents()).toBe(whole);
  });

  it.skipIf(!isRoot)('undoes what is half done when it cannot go on, and names the file (needs root)', async () => {
    await run('install');
    put(unit, 'test');
    const note = at('usr/share/mymachines/installed.json');
    const known = JSON.parse(readFileSync(note, 'utf8'));
    known.files[`/${unit}`] = ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'];
    writeFileSync(note, JSON.stringify(known));
    // A file system that is full, or read-only, at the last of the files.
    rmSync(at(policy));
    const actions = dirname(at(policy));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', actions]);
    try {
      const before = [tree().map((line) => line.replace(/ [\d.]+ $/, '')), contents()];
      expect(await run('install')).toMatchObject({
        status: 1,
        stderr: `mymachines: cannot write ${at(policy)}: EROFS\n`,
      });
      expect([tree().map((line) => line.replace(/ [\d.]+ $/, '')), contents()]).toEqual(before);
    } finally {
      execFileSync('umount', [actions]);
    }
    expect(await run('install')).toMatchObject({ status: 0 });
    rmSync(at('etc/dbus-1'), { recursive: true });
    put('etc/dbus-1', 'a file');
    const before = contents();
    expect(await run('install')).toMatchObject({ status: 1, stderr: expect.stringContaining(at('etc/dbus-1')) });
    expect(contents()).toBe(before);
  });

  it('follows no link out of the root', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'mymachines-outside-'));
    symlinkSync(outside, at('usr'));
    const { status, stderr } = await run('install');
    expect(status).toBe(1);
    expect(stderr).toContain(`outside ${root}`);
    expect(readdirSync(outside)).toEqual([]);
    rmSync(outside, { recursive: true });
  });

  it('takes a link inside the root for what it is', async () => {
    mkdirSync(at('usr/lib'), { recursive: true });
    mkdirSync(at('real'));
    symlinkSync('../../real', at('usr/lib/systemd'));
    expect((await run('install')).status).toBe(0);
    expect(existsSync(at('real/system/mymachines.service'))).toBe(true);
    await run('uninstall');
    expect(readdirSync(at('real'))).toEqual([]);
  });

  it('has a script for OpenRC where there is one, which a shell can read', async () => {
    put('sbin/openrc-run', '');
    expect((await run('install')).stdout).toContain('installed /etc/init.d/mymachines\n');
    const script = at('etc/init.d/mymachines');
    expect(statSync(script).mode & 0o7777).toBe(0o755);
    const values = `. "$0"; printf '%s\\n' "$command"; eval printf "'%s\\n'" $command_args`;
    const [first, ...rest] = execFileSync('sh', ['-c', values, script], { encoding: 'utf8' }).trim().split('\n');
    expect([first, ...rest]).toEqual([process.execPath, compiledMain, 'serve']);
    mkdirSync(at('etc/runlevels/default'), { recursive: true });
    symlinkSync('/etc/init.d/mymachines', at('etc/runlevels/default/mymachines'));
    expect((await run('uninstall')).stderr).toContain('rc-update --all delete mymachines');
    rmSync(at('sbin/openrc-run'));
    expect((await run('install')).stdout).toContain('removed   /etc/init.d/mymachines\n');
  });

  it('has other paths with another prefix', async () => {
    const { stdout } = await run('install', '--prefix=/opt/my/');
    expect(stdout).toContain('installed /opt/my/lib/systemd/system/mymachines.service\n');
    expect(stdout).toContain('installed /etc/dbus-1/system.d/mymachines.conf\n');
    expect(existsSync(at('usr'))).toBe(false);
    expect((await run('uninstall')).status).toBe(1);
    expect((await run('uninstall', '--prefix=/opt/my')).status).toBe(0);
    expect(readdirSync(root)).toEqual([]);
  });

  it('says what is missing in nsswitch.conf, and only that', async () => {
    put('etc/nsswitch.conf', 'passwd: files systemd\ngroup:\tfiles\nhosts: files mymachinesx dns\n');
    const { stdout } = await run('install');
    expect(stdout).toMatch(/^ {2}group: files systemd +# libnss-systemd$/m);
    expect(stdout).toMatch(/^ {2}hosts: files mymachines mymachinesx dns +# libnss-mymachines$/m);
    expect(stdout).not.toContain('  passwd:');
    rmSync(at('etc/nsswitch.conf'));
    symlinkSync('elsewhere', at('etc/nsswitch.conf'));
    put('etc/elsewhere', 'passwd: files systemd\ngroup: files systemd\nhosts: files mymachines dns\n');
    expect((await run('install')).stdout).not.toContain('nsswitch');
  });

  it.skipIf(!isRoot)('warns of a program that others can change (needs root)', async () => {
    const node = join(root, 'node');
    execFileSync('cp', [process.execPath, node]);
    chmodSync(root, 0o777);
    const target = join(root, 'target');
    mkdirSync(target);
    const text = execFileSync(node, [compiledMain, 'install', `--root=${target}`], { encoding: 'utf8' });
    expect(text).toContain(`as root, and others than root can change ${root}\n`);
  });

  it('says what is wrong with its options', async () => {
    for (const prefix of ['usr', '', '/', '/a\nb']) {
      const { status, stderr } = await run('install', `--prefix=${prefix}`);
      expect(status).toBe(2);
      expect(stderr).toContain(`--prefix= takes an absolute path such as /usr, not ${JSON.stringify(prefix)}\n`);
    }
    expect(await mymachines('install', `--root=${root}/none`)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/ENOENT.*none/),
    });
    put('usr/share/mymachines/installed.json', '{"files":{"../etc/passwd":["x"]},"directories":[]}');
    for (const word of ['install', 'uninstall']) {
      expect(await run(word)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('installed.json does not say what was installed: '),
      });
    }
    expect((await run('install', '--help')).stdout).toMatch(/^mymachines install \[--prefix=/);
  });
});
