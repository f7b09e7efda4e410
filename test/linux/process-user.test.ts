import { afterEach, describe, expect, it } from 'vitest';
import { Process } from '../../src/linux/process.ts';
import { isOwnedBy, isUserNamespaceOf, readProcessUser } from '../../src/linux/process-user.ts';
import { startContainer } from '../support/namespaces.ts';
import { openDescriptors } from './descriptors.ts';
import { isRoot, startProcess, stop, untilRuns } from './process-tree.ts';

describe('the user of a process', () => {
  const started: { child: ReturnType<typeof startProcess>; process: Process }[] = [];

  afterEach(async () => {
    for (const { child, process } of started.splice(0)) {
      process.close();
      await stop(child);
    }
  });

  async function start(command: string, parameters: string[], options = {}): Promise<Process> {
    const child = startProcess(command, parameters, options);
    await untilRuns(child.pid, 'sleep');
    const process = Process.open(child.pid);
    started.push({ child, process });
    return process;
  }

  it('is ours for a process that we start', async () => {
    const child = await start('sleep', ['1000']);
    expect(readProcessUser(child)).toEqual({
      realUid: process.getuid?.(),
      effectiveUid: process.geteuid?.(),
      realGid: process.getgid?.(),
      effectiveGid: process.getegid?.(),
    });
    expect(isOwnedBy(child, process.getuid?.() as number)).toBe(true);
    expect(isOwnedBy(child, 12345)).toBe(false);
  });

  describe.skipIf(!isRoot)('(needs root)', () => {
    it('is told as real and effective ids', async () => {
      const child = await start('sleep', ['1000'], { uid: 12345, gid: 12346 });
      expect(readProcessUser(child)).toEqual({
        realUid: 12345,
        effectiveUid: 12345,
        realGid: 12346,
        effectiveGid: 12346,
      });
      expect(isOwnedBy(child, 12345)).toBe(true);
      expect(isOwnedBy(child, 0)).toBe(false);
    });

    it('owns what runs in a user namespace of his, at any depth, under whatever uid', async () => {
      const nested = ['--user', '--map-root-user', 'unshare', '--user', 'sleep', '1000'];
      const child = await start('unshare', nested, { uid: 12345, gid: 12346 });
      expect(child.sharesNamespace('user')).toBe(false);
      expect(isOwnedBy(child, 12345)).toBe(true);
      expect(isOwnedBy(child, 12399)).toBe(false);
      expect(isUserNamespaceOf(child, 12345)).toBe(true);
      expect(isUserNamespaceOf(child, 12399)).toBe(false);
    });

    it('has power over the user namespaces that he has made from here, and over no other with his processes', async () => {
      const hosts = await start('sleep', ['1000'], { uid: 12345, gid: 12346 });
      expect(isUserNamespaceOf(hosts, 12345)).toBe(false);
      // His uid is one of root's container, where he also makes a namespace.
      const roots = await startContainer({ hostNetwork: true, maps: { uid: '0 12345 1', gid: '0 12346 1' } });
      try {
        const inRoots = await start('nsenter', ['--user', `--target=${roots.pid}`, 'sleep', '1000']);
        expect(readProcessUser(inRoots).realUid).toBe(12345);
        expect(isUserNamespaceOf(inRoots, 12345)).toBe(false);
        expect(isUserNamespaceOf(inRoots, 0)).toBe(true);
        const within = ['--user', `--target=${roots.pid}`, 'unshare', '--user', '--map-root-user', 'sleep', '1000'];
        const his = await start('nsenter', within);
        expect(isOwnedBy(his, 12345)).toBe(true);
        expect(isUserNamespaceOf(his, 12345)).toBe(false);
      } finally {
        await roots.stop();
      }
    });

    it('does not own what merely runs with root rights in somebody else`s user namespace', async () => {
      const child = await start('unshare', ['--user', 'sleep', '1000']);
      // Root made the namespace, and so owns it; in it the process has the overflow uid, which owns nothing.
      expect(isOwnedBy(child, 0)).toBe(true);
      expect(isOwnedBy(child, 65534)).toBe(false);
    });
  });

  it('opens nothing that stays open, also when the process has ended', async () => {
    const child = await start('unshare', ['--user', 'sleep', '1000']);
    const before = openDescriptors().size;
    for (let i = 0; i < 20; i++) isOwnedBy(child, 4711);
    child.signal(9);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(() => isOwnedBy(child, 4711)).toThrow('ESRCH');
    expect(openDescriptors().size).toBe(before);
  });
});
