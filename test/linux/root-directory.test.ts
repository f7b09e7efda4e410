import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Process } from '../../src/linux/process.ts';
import { RootDirectory } from '../../src/linux/root-directory.ts';
import { openDescriptors } from './descriptors.ts';
import { isRoot, startProcess, stop, untilRuns } from './process-tree.ts';

let outside: string;
let tree: string;
let root: RootDirectory;
let before: Map<number, string>;

beforeEach(() => {
  before = openDescriptors();
  outside = mkdtempSync('/tmp/root-directory-');
  tree = join(outside, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'outside');
  writeFileSync(join(tree, 'secret'), 'inside');
  root = RootDirectory.ofPath(tree);
});

afterEach(() => {
  root.close();
  rmSync(outside, { recursive: true, force: true });
  expect(openDescriptors()).toEqual(before);
});

function read(path: string, maxBytes = 1000): string {
  return root.readFile(path, maxBytes).toString();
}

describe('RootDirectory', () => {
  it('reads a file below it, whether the path begins with a slash or not', () => {
    writeFileSync(join(tree, 'etc/os-release'), 'ID=x\n');
    expect(read('/etc/os-release')).toBe('ID=x\n');
    expect(read('etc/os-release')).toBe('ID=x\n');
  });

  it.each(['/../secret', '../../secret', 'etc/../../secret', '/etc/../../../../secret'])(
    'stays inside for %s',
    (path) => {
      expect(read(path)).toBe('inside');
    },
  );

  it('resolves links inside: absolute ones from the root, and those that climb', () => {
    symlinkSync('/secret', join(tree, 'etc/absolute'));
    symlinkSync('../../../../secret', join(tree, 'etc/climbing'));
    symlinkSync('/', join(tree, 'etc/top'));
    expect(read('etc/absolute')).toBe('inside');
    expect(read('etc/climbing')).toBe('inside');
    expect(read('etc/top/../secret')).toBe('inside');
  });

  it('does not find what is outside by its absolute path', () => {
    symlinkSync(join(outside, 'secret'), join(tree, 'link'));
    expect(() => read('link')).toThrow('openat2 link: ENOENT');
    expect(() => read(join(outside, 'secret'))).toThrow('ENOENT');
  });

  it('follows no magic link', () => {
    const host = RootDirectory.ofPath('/');
    expect(() => host.readFile('/proc/self/root/etc/passwd', 1e6)).toThrow('ELOOP');
    expect(() => host.readFile('/proc/self/exe', 1e9)).toThrow('ELOOP');
    host.close();
  });

  it('gives up on links in a circle', () => {
    symlinkSync('b', join(tree, 'a'));
    symlinkSync('a', join(tree, 'b'));
    expect(() => read('a')).toThrow('ELOOP');
  });

  it('refuses a directory and a FIFO without waiting for its writer', () => {
    execFileSync('mknod', [join(tree, 'fifo'), 'p']);
    expect(() => read('fifo')).toThrow(expect.objectContaining({ code: 'ENXIO', message: 'open fifo: ENXIO' }));
    expect(() => read('etc')).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    expect(() => read('/')).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });

  it('refuses a socket', async () => {
    const server = createServer().listen(join(tree, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(() => read('socket')).toThrow('ENXIO');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.skipIf(!isRoot)('refuses a device without opening it (needs root)', () => {
    execFileSync('mknod', [join(tree, 'null'), 'c', '1', '3']);
    expect(() => read('null')).toThrow('open null: ENXIO');
  });

  it('reads up to the limit and refuses more', () => {
    writeFileSync(join(tree, 'file'), 'x'.repeat(100));
    expect(read('file', 100)).toHaveLength(100);
    expect(() => read('file', 99)).toThrow('read file: EFBIG');
    truncateSync(join(tree, 'file'), 2 ** 40);
    expect(() => read('file', 99)).toThrow('EFBIG');
  });

  it('takes files without a length for empty: those of /proc may block, or change something', () => {
    const host = RootDirectory.ofPath('/');
    expect(statSync('/proc/self/status').size).toBe(0);
    expect(host.readFile(`/proc/${process.pid}/status`, 1000)).toHaveLength(0);
    host.close();
  });

  it('names what cannot be looked up', () => {
    expect(() => read('none')).toThrow('openat2 none: ENOENT');
    expect(() => read('secret/x')).toThrow('ENOTDIR');
    expect(() => read('')).toThrow('ENOENT');
    expect(() => read('a\0b')).toThrow('NUL');
    expect(() => read('x'.repeat(5000))).toThrow('ENAMETOOLONG');
    expect(() => RootDirectory.ofPath(join(tree, 'secret'))).toThrow('ENOTDIR');
  });

  it('gives a descriptor of itself that can be read from, and its own stays', () => {
    const fd = root.open();
    expect(readdirSync(`/proc/self/fd/${fd}`).sort()).toEqual(['etc', 'secret']);
    closeSync(fd);
    expect(read('secret')).toBe('inside');
  });

  it('is of no use once closed', () => {
    const other = RootDirectory.ofPath(tree);
    other.close();
    other.close();
    expect(() => other.open()).toThrow('closed');
    expect(() => other.readFile('secret', 10)).toThrow('closed');
  });

  it('never leaves the tree while somebody swaps directories for links in it', async () => {
    mkdirSync(join(tree, 'real'));
    writeFileSync(join(tree, 'real/secret'), 'inside');
    const swap = 'while :; do ln -sfn real swap; ln -sfn ../ swap; ln -sfn /.. swap; ln -sfn "$1" swap; done';
    const swapper = startProcess('sh', ['-c', swap, 'sh', outside], { cwd: tree });
    const answers = new Map<string, number>();
    const count = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);
    for (const end = Date.now() + 300; Date.now() < end; ) {
      try {
        count(read('swap/secret'));
      } catch (error) {
        count((error as NodeJS.ErrnoException).code as string);
      }
    }
    await stop(swapper);
    expect(answers.get('inside')).toBeGreaterThan(100);
    // EAGAIN: the kernel could not make sure that a `..` stayed inside (openat2(2)).
    expect([...answers.keys()].filter((answer) => !['inside', 'ENOENT', 'EAGAIN'].includes(answer))).toEqual([]);
  });
});

describe.skipIf(!isRoot)('the root of a process (needs root)', () => {
  it('is what that process sees, and it may not have ended', async () => {
    const script = 'mount -t tmpfs none /mnt && echo inside >/mnt/seen-by-child && exec sleep 1000';
    const child = startProcess('unshare', ['--mount', 'sh', '-c', script]);
    await untilRuns(child.pid, 'sleep');
    const opened = Process.open(child.pid);
    const theirs = RootDirectory.ofProcess(opened);
    expect(theirs.readFile('/mnt/seen-by-child', 100).toString()).toBe('inside\n');
    expect(existsSync('/mnt/seen-by-child')).toBe(false);
    await stop(child);
    // With its last process the mount namespace is taken apart; the directory held is still no other one.
    expect(() => theirs.readFile('/mnt/seen-by-child', 100)).toThrow('ENOENT');
    expect(() => RootDirectory.ofProcess(opened)).toThrow('ESRCH');
    theirs.close();
    opened.close();
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(' /mnt ');
  });
});
