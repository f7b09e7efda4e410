import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningCopies } from '../../../src/inside/copies/running-copies.ts';
import type { CopyRequest } from '../../../src/machine/inside-operations.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { isRoot } from '../../linux/process-tree.ts';
import { copyingProgram } from '../../support/build.ts';
import { listTree, python } from './listing.ts';
import { RootedMachine } from './rooted-machine.ts';

const base = 0x5000_0000;
const users = 1000;
const copies = new RunningCopies({ registry: new Registry(), program: watched(copyingProgram) });
let plain: RootedMachine;
let shifted: RootedMachine;
let several: RootedMachine;

beforeAll(async () => {
  if (!isRoot) return;
  plain = await RootedMachine.start();
  shifted = await RootedMachine.start({ maps: `0 ${base} ${users}`, mounts: 'mount -t tmpfs tmpfs data' });
  several = await RootedMachine.start({ maps: `0 ${base} 20\n20 ${base + 5000} 100` });
});
afterAll(() => {
  for (const machine of [plain, shifted, several]) machine?.stop();
  copies.close();
});

function copy(machine: RootedMachine, direction: CopyRequest['direction'], source: string, destination: string) {
  return copies.copy(machine.machine, { direction, source, destination, replace: false }, { uid: 0 });
}

/** Every kind of file that there is, with what there is to a file. */
const EVERYTHING = `
import os, socket, struct
os.makedirs('tree/d/e'); os.chdir('tree')
with open('f', 'w') as file: file.write('hello')
os.chown('f', 33, 34); os.chmod('f', 0o6755)
os.utime('f', ns=(1000000000000000007, -5000000001))
with open('foreign', 'w') as file: file.write('x')
os.chown('foreign', 70000, 70001); os.chmod('foreign', 0o6755)
os.link('f', 'd/hard'); os.link('f', 'd/e/harder'); os.symlink('../f', 'd/link'); os.lchown('d/link', 33, 34)
os.link('d/link', 'd/e/link', follow_symlinks=False)
os.symlink('/etc/passwd', 'absolute'); os.utime('absolute', (5, 6), follow_symlinks=False)
os.mkfifo('fifo'); os.chmod('fifo', 0o640); os.chown('fifo', 7, 8)
os.mknod('null', 0o20666, os.makedev(1, 3)); os.mknod('block', 0o60600, os.makedev(259, 100000))
socket.socket(socket.AF_UNIX).bind('socket')
with open('sparse', 'wb') as file:
    file.seek(5 << 20); file.write(b"middle"); file.truncate(10 << 20)
with open('empty', 'w'): pass
with open('large', 'wb') as file: file.write(os.urandom(3 << 20))
for name in [b'\\xff\\xfe', b'-rf', b'a b\\n"c', b'n' * 255]:
    with open(name, 'wb') as file: file.write(name)
os.setxattr('f', 'user.x', b'1' * 1000); os.setxattr('d', 'user.\\u00fc', b'\\0\\xff')
none = 0xffffffff
def acl(*entries): return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)
open('acl', 'w').close()
os.setxattr('acl', 'system.posix_acl_access', acl((1,6,none), (2,6,33), (4,0,none), (8,4,34), (16,6,none), (32,0,none)))
os.setxattr('d/e', 'system.posix_acl_default', acl((1,7,none), (2,7,33), (4,5,none), (16,7,none), (32,0,none)))
os.chmod('d', 0o2751); os.chmod('d/e', 0o1777); os.utime('d', (1, 2)); os.utime('.', (3, 4))
`;

import { watched } from '../../support/our-programs.ts';

describe.skipIf(!isRoot)('a tree of every kind of file', () => {
  beforeAll(() => {
    for (const machine of [plain, shifted, several]) python(machine.host, EVERYTHING);
  });

  it('is the same in a machine with the users of the host, and when it comes back', async () => {
    const expected = listTree(join(plain.host, 'tree'));
    await copy(plain, 'to', join(plain.host, 'tree'), '/data/tree');
    expect(listTree(join(plain.root, 'data/tree'))).toEqual(expected);
    await copy(plain, 'from', '/data/tree', join(plain.host, 'back'));
    expect(listTree(join(plain.host, 'back'))).toEqual(expected);
    expect(expected.length).toBeGreaterThan(40);
  });

  it('leaves holes out', async () => {
    await copy(plain, 'to', join(plain.host, 'tree/sparse'), '/data/sparse');
    const { size, blocks } = statSync(join(plain.root, 'data/sparse'));
    expect(size).toBe(10 << 20);
    expect(blocks * 512).toBeLessThan(1024 * 1024);
    expect(readFileSync(join(plain.root, 'data/sparse')).toString('latin1', 5 << 20, (5 << 20) + 7)).toBe('middle\0');
  });

  it('has the same users inside of a machine with users of its own, in a file system that is its own', async () => {
    await copy(shifted, 'to', join(shifted.host, 'tree'), '/data/tree');
    // Its tmpfs cannot be seen from here but through its root.
    const inside = `/proc/${shifted.machine.leader.pid}/root/data/tree`;
    const expected = listTree(join(shifted.host, 'tree'), shift).map(rooted).map(shiftLists);
    expect(listTree(inside)).toEqual(expected.sort());
    await copy(shifted, 'from', '/data/tree', join(shifted.host, 'back'));
    const back = listTree(join(shifted.host, 'tree')).map(rooted).map(withoutRights);
    expect(listTree(join(shifted.host, 'back'))).toEqual(back.sort());
  });

  it('has the users that a map of several lines gives', async () => {
    await copy(several, 'to', join(several.host, 'tree/f'), '/data/f');
    await copy(several, 'to', join(several.host, 'tree/fifo'), '/data/fifo');
    const owner = (name: string) => statSync(join(several.root, 'data', name));
    expect(owner('f')).toMatchObject({ uid: base + 5013, gid: base + 5014, mode: 0o106755 });
    expect(owner('fifo')).toMatchObject({ uid: base + 7, gid: base + 8 });
    await copy(several, 'from', '/data/f', join(several.host, 'f'));
    expect(statSync(join(several.host, 'f'))).toMatchObject({ uid: 33, gid: 34, mode: 0o100755 });
  });
});

describe.skipIf(!isRoot)('a file', () => {
  it('of nobody outside becomes root’s, and does not run as root', async () => {
    writeFileSync(join(plain.host, 'inside'), '');
    writeFileSync(join(several.root, 'data/nobody'), 'x', { mode: 0o600 });
    execFileSync('chown', ['1234:5678', join(several.root, 'data/nobody')]);
    execFileSync('chmod', ['6755', join(several.root, 'data/nobody')]);
    await copy(several, 'from', '/data/nobody', join(several.host, 'nobody'));
    expect(statSync(join(several.host, 'nobody'))).toMatchObject({ uid: 0, gid: 0, mode: 0o100755 });
  });

  it('below /proc is read to its end, though it has no size', async () => {
    await copy(plain, 'to', '/proc/1/status', '/data/status');
    expect(readFileSync(join(plain.root, 'data/status'), 'utf8')).toMatch(/^Name:\t[\s\S]*\nvoluntary_ctxt_switches/);
    // It has a size, and knows nothing of holes.
    expect(statSync('/proc/cmdline').size).toBeGreaterThan(0);
    await copy(plain, 'to', '/proc/cmdline', '/data/cmdline');
    expect(readFileSync(join(plain.root, 'data/cmdline'))).toEqual(readFileSync('/proc/cmdline'));
  });

  it('is found by links in the path to it, which lead nowhere but below its root', async () => {
    mkdirSync(join(plain.root, 'secret'));
    writeFileSync(join(plain.root, 'secret/file'), 'of the machine');
    execFileSync('ln', ['-s', '/../../../../secret', join(plain.root, 'data/way')]);
    await copy(plain, 'from', '/data/way/file', join(plain.host, 'found'));
    expect(readFileSync(join(plain.host, 'found'), 'utf8')).toBe('of the machine');
    // The link itself, where it is what is asked for.
    await copy(plain, 'from', '/data/way', join(plain.host, 'way'));
    expect(execFileSync('readlink', [join(plain.host, 'way')], { encoding: 'utf8' })).toBe('/../../../../secret\n');
  });
});

const hostIds = (id: number): number => (id < users ? base + id : base);

function shift(ids: string): string {
  return ids.replace(/\d+/g, (id) => String(hostIds(Number(id))));
}

/** What becomes of the file of nobody there: root's, and it runs as nobody. */
function rooted(line: string): string {
  const [type, mode, ids, ...rest] = line.split(' ');
  if (!line.includes(' foreign -> ')) return line;
  return [type, mode?.replace('6755', '755'), ids?.replace('70000:70001', '0:0'), ...rest].join(' ');
}

/** What is left of a line of what comes from a machine with users of its own: nobody gets a right by it. */
function withoutRights(line: string): string {
  const [type, mode = '', ids, ...rest] = line.split(' ');
  if (type === 'f') return [type, mode.replace(/^[2-7](?=...$)/, ''), ids, ...rest].join(' ');
  return type === 'c' || type === 'b' ? [type, '600', '0:0', ...rest].join(' ') : line;
}

/** Users 33 and groups 34 in access control lists, little-endian in hexadecimal. */
function shiftLists(line: string): string {
  const [user, group] = [33, 34].map((id) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(base + id);
    return bytes.toString('hex');
  });
  return line.includes('posix_acl')
    ? line.replace(/(0200)(0[67]00)21000000/, `$1$2${user}`).replace(/(0800)(0400)22000000/, `$1$2${group}`)
    : line;
}
