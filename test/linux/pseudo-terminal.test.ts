import { closeSync, existsSync, readdirSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Process } from '../../src/linux/process.ts';
import {
  openPseudoTerminal,
  openTerminalPeer,
  type PseudoTerminal,
  rememberTerminalPeer,
  reopenTerminalPeer,
  type UserAndGroup,
} from '../../src/linux/pseudo-terminal.ts';
import { RootDirectory } from '../../src/linux/root-directory.ts';
import { startTerminalContainer, type TerminalContainer } from '../support/terminal-container.ts';
import { openDescriptors } from './descriptors.ts';
import { isRoot } from './process-tree.ts';

let before: Map<number, string>;
const started: TerminalContainer[] = [];
beforeEach(() => {
  before = openDescriptors();
});
afterEach(async () => {
  for (const container of started.splice(0)) await container.stop();
  expect(openDescriptors()).toEqual(before);
});

async function start(...parameters: Parameters<typeof startTerminalContainer>): Promise<TerminalContainer> {
  const container = await startTerminalContainer(...parameters);
  started.push(container);
  return container;
}

function openIn({ pid }: { pid: number }, owner?: UserAndGroup): PseudoTerminal {
  const leader = Process.open(pid);
  const root = RootDirectory.ofProcess(leader);
  try {
    return openPseudoTerminal(root, owner);
  } finally {
    root.close();
    leader.close();
  }
}

function read(descriptor: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.toString('utf8', 0, readSync(descriptor, buffer));
}

function flagsOf(descriptor: number): number {
  return Number.parseInt(
    /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '',
    8,
  );
}

describe.skipIf(!isRoot)('a pseudo terminal of a container', () => {
  it('has a side that can be opened again while somebody has the other, and is not another’s with its number', async () => {
    const container = await start();
    const { descriptor, number } = openIn(container);
    const peer = openTerminalPeer(descriptor);
    const remembered = rememberTerminalPeer(peer);
    closeSync(peer);
    // Nobody has it open.
    expect(() => read(descriptor)).toThrow('EIO');
    const again = reopenTerminalPeer(remembered) as number;
    writeSync(again, 'again');
    expect(read(descriptor)).toBe('again');
    for (const one of [again, descriptor]) closeSync(one);

    expect(reopenTerminalPeer(remembered)).toBeUndefined();
    const next = openIn(container);
    expect(next.number).toBe(number);
    expect(reopenTerminalPeer(remembered)).toBeUndefined();
    for (const one of [remembered, next.descriptor]) closeSync(one);
  });

  it('is of its own devpts, and can be used from both sides', async () => {
    const container = await start();
    const host = readdirSync('/dev/pts');
    const { descriptor, number } = openIn(container);
    const second = openIn(container);
    expect([number, second.number]).toEqual([0, 1]);
    expect(readdirSync(`/proc/${container.pid}/root/dev/pts`).sort()).toEqual(['0', '1', 'ptmx']);
    expect(readdirSync('/dev/pts')).toEqual(host);

    const peer = openTerminalPeer(descriptor);
    writeSync(descriptor, 'typed\n');
    expect(read(peer)).toBe('typed\n');
    writeSync(peer, 'shown\n');
    // What was typed is echoed first, and a newline becomes a return and a newline.
    let output = '';
    while (output.length < 14) output += read(descriptor);
    expect(output).toBe('typed\r\nshown\r\n');

    closeSync(descriptor);
    expect(() => writeSync(peer, 'to nobody')).toThrow('EIO');
    for (const one of [peer, second.descriptor]) closeSync(one);
    expect(readdirSync(`/proc/${container.pid}/root/dev/pts`)).toEqual(['ptmx']);
  });

  it('has descriptors as systemd-machined 262 gives them: close-on-exec and blocking', async () => {
    const { descriptor } = openIn(await start());
    const peer = openTerminalPeer(descriptor);
    // O_RDWR, O_CLOEXEC, and O_LARGEFILE, which the kernel adds to what has a path. O_NOCTTY is not kept.
    const largeFile = 0o100000;
    expect([descriptor, peer].map((one) => flagsOf(one) & ~largeFile)).toEqual([0o2000002, 0o2000002]);
    closeSync(descriptor);
    closeSync(peer);
  });

  it('is given to its owner, but for what the devpts says itself', async () => {
    const owner = { uid: 70_000, gid: 70_001 };
    for (const [options, expected] of [
      ['newinstance', [70_000, 70_001]],
      ['newinstance,gid=70005,mode=620', [70_000, 70_005]],
      ['newinstance,uid=70002', [70_002, 70_001]],
    ] as const) {
      const container = await start(undefined, options);
      const { descriptor, number } = openIn(container, owner);
      const { uid, gid } = statSync(`/proc/${container.pid}/root/dev/pts/${number}`);
      expect([uid, gid], options).toEqual(expected);
      closeSync(descriptor);
    }
  });

  it('is opened also where the devpts lets nobody, as it does unless asked', async () => {
    const { descriptor } = openIn(await start(undefined, 'newinstance'));
    closeSync(descriptor);
  });

  it.each([
    ['a device of its own in the place of the link', 'mknod /dev/ptmx c 5 2'],
    ['no link at all', ':'],
    ['an absolute link', 'ln -s /dev/pts/ptmx /dev/ptmx'],
    ['a link that climbs', 'ln -s ../../../../dev/pts/ptmx /dev/ptmx'],
    ['one that leads to a FIFO', 'mkfifo /dev/ptmx'],
    ['one that leads to another device', 'mknod /dev/ptmx c 1 3'],
    ['one that leads to a terminal', 'exec 3<>/dev/pts/ptmx; ln -s pts/0 /dev/ptmx; exec 3>&-'],
  ])('is of its own also where /dev/ptmx is another: %s', async (_, prepare) => {
    const container = await start(prepare);
    const { descriptor, number } = openIn(container);
    expect(existsSync(`/proc/${container.pid}/root/dev/pts/${number}`)).toBe(true);
    closeSync(descriptor);
  });

  it.each([
    ['nothing', ':', 'ENOENT'],
    ['a regular file', 'touch /dev/ptmx', 'ENXIO'],
    ['a FIFO, which would hold up who opens it', 'mkfifo /dev/ptmx', 'ENXIO'],
    ['another device', 'mknod /dev/ptmx c 10 130', 'ENXIO'],
    ['the number on a file system that is no devpts', 'mknod /dev/ptmx c 5 2', 'ENXIO'],
    ['a block device of that number', 'mknod /dev/ptmx b 5 2', 'ENXIO'],
    ['a directory', 'mkdir /dev/ptmx', 'ENXIO'],
    ['a link to itself', 'ln -s ptmx /dev/ptmx', 'ELOOP'],
    ['a magic link to what its leader has open', 'ln -s /proc/self/root/dev/ptmx /dev/ptmx', 'ELOOP'],
  ])('is refused where there is %s', async (_, prepare, code) => {
    const container = await start(`umount /dev/pts; rmdir /dev/pts; ${prepare}`);
    const host = readdirSync('/dev/pts');
    expect(() => openIn(container)).toThrow(expect.objectContaining({ code }));
    expect(readdirSync('/dev/pts')).toEqual(host);
  });

  it('is refused when there are as many as there may be', async () => {
    const container = await start(undefined, 'newinstance,ptmxmode=0666,max=1');
    const { descriptor } = openIn(container);
    expect(() => openIn(container)).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    closeSync(descriptor);
  });
});
