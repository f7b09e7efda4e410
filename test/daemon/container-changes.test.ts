import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { call } from './keeping/calls.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** Reads lines of Perl and runs them: what is in a container may do anything, at any moment. */
const OBEDIENT = '$| = 1; while (<STDIN>) { eval $_; print $@ ? "no: $@" : "done\\n"; }';

type Leader = ChildProcessByStdio<Writable, Readable, null>;

describe.skipIf(unavailable !== undefined)(
  'a container that changes while it is looked into',
  { timeout: 60_000 },
  () => {
    const directory = openDirectory('mymachines-changes-');
    const tree = join(directory, 'tree');
    const leaders: Leader[] = [];
    let daemon: DaemonProcess;

    beforeAll(async () => {
      // Its own os-release, and a directory of the same names that is not below its root.
      for (const [path, id] of [
        ['tree/etc', 'inside'],
        ['tree/deeper/etc', 'deeper'],
        ['etc', 'outside'],
      ] as const) {
        mkdirSync(join(directory, path), { recursive: true });
        writeFileSync(join(directory, path, 'os-release'), `ID=${id}\n`);
      }
      mkdirSync(join(tree, 'empty'));
      execFileSync('mkfifo', [join(directory, 'fifo')]);
      daemon = await DaemonProcess.start();
    });
    afterEach(async () => {
      for (const leader of leaders.splice(0)) await end(leader);
    });
    afterAll(async () => {
      await daemon.stop();
      rmSync(daemon.runtimeDirectory, { recursive: true });
      rmSync(directory, { recursive: true });
    });

    async function end(leader: Leader): Promise<void> {
      if (leader.exitCode !== null || leader.signalCode !== null) return;
      const ended = once(leader, 'exit');
      leader.kill('SIGKILL');
      await ended;
    }

    /** A machine whose root is the tree. */
    async function start(name: string, ...namespaces: string[]): Promise<Leader> {
      const program = ['unshare', ...namespaces, '--mount', '--propagation', 'private', 'perl', '-e', OBEDIENT];
      const leader = spawn('setpriv', ['--pdeathsig', 'KILL', ...program], { stdio: ['pipe', 'pipe', 'inherit'] });
      leader.stdin.on('error', () => {});
      leaders.push(leader);
      await obey(leader, `chroot('${tree}') && chdir('/') or die $!`);
      const parameters = { name, class: 'container', leader: leader.pid };
      expect(await call(daemon.machineSocket, 'io.systemd.Machine.Register', parameters)).toEqual([{}]);
      return leader;
    }

    async function obey(leader: Leader, perl: string): Promise<void> {
      const answer = once(leader.stdout.setEncoding('utf8'), 'data');
      leader.stdin.write(`${perl}\n`);
      expect(await answer).toEqual(['done\n']);
    }

    /** What it is said to be, or why that is not said. */
    async function idOf(name: string): Promise<string> {
      const replies = await call(daemon.machineSocket, 'io.systemd.Machine.List', {
        name,
        acquireMetadata: 'graceful',
      });
      const [{ error, parameters = {} } = {}] = replies ?? [];
      return error ?? String((parameters['OSRelease'] as string[] | undefined) ?? 'nothing');
    }

    /** In its mount namespace, from outside. */
    const mount = (leader: Leader, what: string, where: string) =>
      execFileSync('nsenter', ['-t', `${leader.pid}`, '--mount', 'mount', '--bind', what, where], { stdio: 'pipe' });

    test('by another root is what it is then, and never what is outside', async () => {
      const leader = await start('roots');
      expect(await idOf('roots')).toBe('ID=inside');
      await obey(leader, "chroot('/deeper') && chdir('/') or die $!");
      expect(await idOf('roots')).toBe('ID=deeper');
      const other = await start('empty');
      await obey(other, "chroot('/empty') or die $!");
      expect(await idOf('empty')).toBe('nothing');
    });

    test('by mounts has what they show; devices, FIFOs and /proc are not read', async () => {
      const leader = await start('mounts');
      const path = join(tree, 'etc/os-release');
      mount(leader, join(tree, 'deeper/etc/os-release'), path);
      expect(await idOf('mounts')).toBe('ID=deeper');
      for (const what of ['/dev/zero', join(directory, 'fifo'), '/proc/self/environ']) {
        mount(leader, what, path);
        expect(await idOf('mounts'), what).not.toMatch(/ID=/);
      }
      // Nothing of this is on the host.
      expect(readFileSync(path, 'utf8')).toBe('ID=inside\n');
    });

    test('by what is no text in its os-release is answered as by systemd 262, and that alone is left out', async () => {
      await start('texts', '--net');
      const path = join(tree, 'etc/os-release');
      const told = async (bytes: string, acquireMetadata: string) => {
        writeFileSync(path, bytes, 'latin1');
        const replies = await call(daemon.machineSocket, 'io.systemd.Machine.List', { name: 'texts', acquireMetadata });
        const [{ error, parameters = {} } = {}] = replies ?? [];
        return [error ?? parameters['OSRelease'], parameters['errnoName'] ?? parameters['name']];
      };
      // As a lab's systemd-machined answered them.
      const EBADMSG = ['io.systemd.System', 'EBADMSG'];
      const EINVAL = ['io.systemd.System', 'EINVAL'];
      for (const [bytes, answer] of [
        ['ID=debian\nFOO=a\0b\nBAR=c\n', EBADMSG],
        ['ID=debian\n#\0\n', EBADMSG],
        ['ID=de\xffbian\nBAR=c\n', EINVAL],
        ['ID=debian\nB\xff=x\nBAR=c\n', EINVAL],
        ['ID=debian\n#de\xffbian\nBAR=c\n', [['ID=debian', 'BAR=c'], 'texts']],
        ['ID=debian\nB\xff\n', [['ID=debian'], 'texts']],
        ['ID=debian\nBAR=a\x01b\n', [['ID=debian', 'BAR=a\x01b'], 'texts']],
      ] as const) {
        expect(await told(bytes, 'yes'), bytes).toEqual(answer);
        const fields = typeof answer[0] === 'string' ? undefined : answer[0];
        expect(await told(bytes, 'graceful'), bytes).toEqual([fields, 'texts']);
      }
      writeFileSync(path, 'ID=inside\n');
      expect(daemon.log).toBe('');
    });

    test('by renaming and links all the time is one or the other, or nothing', async () => {
      const leader = await start('renames');
      // Its /etc is a directory of its own, or a link that climbs to where another one is on the host.
      leader.stdin.write(
        "mkdir '/a'; for (;;) { rename '/etc', '/b'; symlink '../../../../../../../../etc', '/etc'; unlink '/etc'; " +
          `symlink '${directory}/etc', '/etc'; unlink '/etc'; rename '/b', '/etc'; }\n`,
      );
      const seen = new Map<string, number>();
      for (let count = 0; count < 400; count++) {
        const id = await idOf('renames');
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
      await end(leader);
      for (const name of ['etc', 'b']) rmSync(join(tree, name), { force: true, recursive: true });
      mkdirSync(join(tree, 'etc'));
      writeFileSync(join(tree, 'etc/os-release'), 'ID=inside\n');
      expect([...seen.keys()].sort()).toEqual(['ID=inside', 'nothing']);
    });

    test('by ending is gone, and no other is told in its place', async () => {
      for (let count = 0; count < 15; count++) {
        const name = `ends-${count}`;
        const leader = await start(name);
        const asked = Array.from({ length: 8 }, () => idOf(name));
        const ended = end(leader);
        for (const id of await Promise.all(asked)) {
          expect(['ID=inside', 'nothing', 'io.systemd.Machine.NoSuchMachine']).toContain(id);
        }
        await ended;
      }
    });
  },
);
