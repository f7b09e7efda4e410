import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Process } from '../../../src/linux/process.ts';
import type { AccountIds } from '../../../src/machine/accounts.ts';
import { isId } from '../../../src/machine/id-map.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { MachineRoots } from '../../../src/sources/kernel/roots/machine-roots.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { rootsProgram } from '../../support/build.ts';
import { watched } from '../../support/our-programs.ts';
import { type Door, door } from '../door.ts';
import { hostileText, mutatedTexts } from '../hostile.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { must } from '../text-door.ts';

/** What a container puts at these paths: text, or what a symbolic link there leads to. */
interface Planted {
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly text: string;
}

const samples: Readonly<Record<string, string>> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n+::::::\n# no:x:7:7\n',
  '/etc/group': 'root:x:0:\nwww-data:x:33:root\nnogroup:x:65534:\n',
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
  '/etc/hostname': '# a comment\nweb\n',
};
/** Outside the root is this: whatever leads there must not be read. */
const SECRET = 'SECRET=mymachines-secret\nmymachines-secret:x:4711:4711:::\n';

const planted = Object.entries(samples).map(([path, sample]) =>
  fc.oneof(
    fc.record({
      path: fc.constant(path),
      kind: fc.constant('file' as const),
      text: fc.oneof(mutatedTexts([sample]), hostileText, fc.constant(sample.repeat(2000))),
    }),
    fc.record({
      path: fc.constant(path),
      kind: fc.constant('link' as const),
      text: fc.constantFrom(
        'OUTSIDE',
        '../../../../../../../../OUTSIDE',
        '/proc/self/root/OUTSIDE',
        '/dev/zero',
        'hostname',
      ),
    }),
  ),
);

export const containerFiles: Door = door<readonly Planted[]>({
  name: 'container-files',
  about:
    'who is root in a container writes its account files, os-release and hostname: numbers are ids, nothing from outside',
  shortRuns: 300,
  survives: true,
  reaches: ['accounts', 'fields', 'no text', 'a host name', 'nothing'],
  inputs: fc.tuple(...planted),
  async open() {
    const directory = temporaryDirectory();
    const root = directory.add();
    const outside = join(directory.add(), 'outside');
    writeFileSync(outside, SECRET, { mode: 0o644 });
    mkdirSync(join(root, 'etc'));
    mkdirSync(join(root, 'usr'));
    const leader = await startBelow(root);
    const roots = new MachineRoots(watched(rootsProgram));
    const machine = ledBy(leader.pid as number);
    return {
      async try(files) {
        for (const { path, kind, text } of files) {
          const place = join(root, path);
          rmSync(place, { force: true });
          if (kind === 'file') writeFileSync(place, text);
          else symlinkSync(text.replace('OUTSIDE', outside.slice(1)), place);
          must(kind === 'file' || lstatSync(place).isSymbolicLink(), 'the link is not there');
        }
        const [ids, fields, hostName] = await Promise.all([
          roots.accounts(machine),
          roots.osRelease(machine).catch((error: Error) => {
            const { code, errnoName = '' } = error as { code?: string; errnoName?: string };
            if (code === 'system-failure' && ['EBADMSG', 'EINVAL'].includes(errnoName)) return undefined;
            if (code !== 'no-os-release-information') throw error;
            return [];
          }),
          roots.hostName(machine),
        ]);
        checkIds(ids);
        const told = JSON.stringify([fields, hostName]);
        must(!told.includes('mymachines-secret'), `something from outside the root: ${told}`);
        must(fields?.some((field) => field.includes('\0')) !== true, `a zero byte: ${told}`);
        if (fields === undefined) return 'no text';
        if (ids.users.length > 0) return 'accounts';
        if (fields.length > 0) return 'fields';
        return hostName === undefined ? 'nothing' : 'a host name';
      },
      async close() {
        roots.close();
        const ended = once(leader, 'exit');
        leader.kill('SIGKILL');
        await ended;
        directory.remove();
      },
    };
  },
});

function checkIds({ users, groups }: AccountIds): void {
  for (const ids of [Array.from(users), Array.from(groups)]) {
    must(ids.length <= 1000 && ids.every(isId), `there are ${ids.length} ids, ${ids.slice(0, 5)}`);
    must(
      ids.every((id, at) => at === 0 || id > (ids[at - 1] as number)),
      `${ids} do not rise`,
    );
    must(!ids.includes(4711), 'an id of a file outside the root');
  }
}

/** A process with a directory as its root: one that needs no program from there. */
async function startBelow(root: string): Promise<ChildProcess> {
  const program = 'chroot $ARGV[0] or die; chdir "/"; $| = 1; print "there"; sleep 3600';
  const parameters = ['--pdeathsig', 'KILL', 'perl', '-e', program, root];
  const leader = spawn('setpriv', parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(leader.stdout, 'data', { signal: AbortSignal.timeout(5000) });
  return leader;
}

function ledBy(pid: number): Machine {
  const leader = Process.open(pid);
  const { id: pidfdId } = leader;
  leader.close();
  return sampleMachine('led', { leader: { pid, ...(pidfdId !== undefined && { pidfdId }) } });
}
