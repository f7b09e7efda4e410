import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAccount } from '../../../src/inside/entering/account-files.ts';
import { RootDirectory } from '../../../src/linux/root-directory.ts';

describe('a user of a machine', () => {
  let directory: string;
  let root: RootDirectory;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mymachines-accounts-'));
    mkdirSync(join(directory, 'etc'));
    root = RootDirectory.ofPath(directory);
  });
  afterEach(() => {
    root.close();
    rmSync(directory, { recursive: true });
  });

  it('is read from its passwd and its group', () => {
    writeFileSync(join(directory, 'etc/passwd'), 'anna:x:1000:1000:Anna:/home/anna:/bin/zsh\n');
    writeFileSync(join(directory, 'etc/group'), 'wheel:x:10:anna\n');
    const anna = { name: 'anna', uid: 1000, gid: 1000, groups: [1000, 10], home: '/home/anna', shell: '/bin/zsh' };
    expect(readAccount(root, 'anna')).toEqual(anna);
    expect(() => readAccount(root, 'emma')).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'getpwnam' }));
  });

  it('is root where there are no such files, also by a link to what is outside', () => {
    expect(readAccount(root, 'root')).toMatchObject({ uid: 0, home: '/root' });
    const outside = `${directory}.passwd`;
    writeFileSync(outside, 'anna:x:1000:1000::/home/anna:/bin/zsh\n');
    try {
      symlinkSync(outside, join(directory, 'etc/passwd'));
      expect(() => readAccount(root, 'anna')).toThrow(expect.objectContaining({ syscall: 'getpwnam' }));
      expect(readAccount(root, '0')).toMatchObject({ name: 'root' });
    } finally {
      rmSync(outside);
    }
  });

  it.skipIf(process.getuid?.() !== 0)('is read as root of the machine, who may not read what is the host’s', () => {
    const reader = { uid: 0x54000000, gid: 0x54000000 };
    const path = join(directory, 'etc/passwd');
    chmodSync(directory, 0o755);
    writeFileSync(path, 'anna:x:1000:1000::/home/anna:/bin/zsh\n', { mode: 0o600 });
    expect(() => readAccount(root, 'anna', reader)).toThrow(expect.objectContaining({ code: 'EACCES' }));
    chownSync(path, reader.uid, reader.gid);
    expect(readAccount(root, 'anna', reader)).toMatchObject({ uid: 1000 });
  });

  it('is not looked for in files that are too long, or none', () => {
    const path = join(directory, 'etc/passwd');
    writeFileSync(path, '');
    truncateSync(path, 1024 * 1024 + 1);
    expect(() => readAccount(root, 'root')).toThrow(expect.objectContaining({ code: 'EFBIG' }));
    rmSync(path);
    mkdirSync(path);
    expect(() => readAccount(root, 'root')).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });
});
