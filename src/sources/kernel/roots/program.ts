import { isUtf8 } from 'node:buffer';
import { closeDescriptors } from '../../../linux/descriptor-passing.ts';
import { Process } from '../../../linux/process.ts';
import { openPseudoTerminal, type UserAndGroup } from '../../../linux/pseudo-terminal.ts';
import { RootDirectory } from '../../../linux/root-directory.ts';
import { accountLimits, parseAccountIds } from '../../../machine/accounts.ts';
import { parseAssignments } from '../../../machine/env-file.ts';
import { toHost } from '../../../machine/id-map.ts';
import { heard, say } from '../../../programs/standard-input.ts';
import { readLeaderIds } from '../leader-facts.ts';
import type { PassedAnswer, RootAnswer, RootQuestion } from './question.ts';

/**
 * The program of a process of its own, started by root-process.ts: a container's root can be a file system that its
 * owner answers for, or does not, and whoever opens or reads something there may wait for ever.
 */
function main(): void {
  for (const line of heard()) {
    // Each answer is on its way before the next look, which may be the one that never ends.
    for (const question of JSON.parse(line) as RootQuestion[]) sayAnswer(question);
  }
}

function sayAnswer(question: RootQuestion): void {
  const opened: number[] = [];
  say(JSON.stringify(answer(question, opened)), opened);
  closeDescriptors(opened);
}

/** @param opened gets the descriptor that goes with it */
function answer({ wanted, machine }: RootQuestion, opened: number[]): RootAnswer {
  let root: RootDirectory | undefined;
  try {
    root = rootOf(machine);
    if (wanted === 'root-directory') return passed(root.open(), opened);
    if (wanted === 'terminal') return openTerminal(root, rootUserOf(machine), opened);
    if (wanted === 'host-name') return { hostName: readHostName(root) };
    if (wanted === 'accounts') return readAccounts(root);
    return readOsRelease(root);
  } catch (error) {
    return { failure: (error as NodeJS.ErrnoException).code ?? 'EIO' };
  } finally {
    root?.close();
  }
}

/** The host's is that of PID 1: this process may be in a mount namespace where part of it is hidden or read-only. */
function rootOf({ class: machineClass, leader: identity }: RootQuestion['machine']): RootDirectory {
  return Process.askSame(identity, (leader) => {
    try {
      return RootDirectory.ofProcess(leader);
    } catch (error) {
      // To an ordinary user's daemon PID 1 shows nothing, but then that daemon is not in such a mount namespace.
      if (machineClass === 'host') return RootDirectory.ofPath('/');
      throw error;
    }
  });
}

function openTerminal(root: RootDirectory, owner: UserAndGroup | undefined, opened: number[]): RootAnswer {
  const { descriptor, number } = openPseudoTerminal(root, owner);
  return { ...passed(descriptor, opened), terminal: number };
}

function passed(descriptor: number, opened: number[]): PassedAnswer {
  opened.push(descriptor);
  return { passed: true };
}

/**
 * Root as the leader's user namespace has it; undefined where nobody is root there. Of our own namespace the map tells
 * how it is seen from outside (user_namespaces(7)), which is not asked here.
 */
function rootUserOf({ leader: identity }: RootQuestion['machine']): UserAndGroup | undefined {
  return Process.askSame(identity, (leader) => {
    if (leader.sharesNamespace('user')) return { uid: 0, gid: 0 };
    const { uidMap, gidMap } = readLeaderIds(leader);
    const [uid, gid] = [toHost(uidMap, 0), toHost(gidMap, 0)];
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  });
}

/** os-release(5): the first of the two that is there. */
const paths = ['/etc/os-release', '/usr/lib/os-release'];
const maximumSize = 64 * 1024;

/** What is no text is refused as by systemd 262: a zero byte anywhere, bytes that are no UTF-8 in what would be answered. */
function readOsRelease(root: RootDirectory): RootAnswer {
  for (const path of paths) {
    const bytes = readIfThere(root, path);
    if (bytes === undefined) continue;
    if (bytes.includes(0)) return { unreadable: 'EBADMSG' };
    const fields = [...parseAssignments(bytes.toString('utf8'))].map(([key, value]) => `${key}=${value}`);
    if (!isUtf8(bytes) && fields.some((field) => field.includes('\ufffd'))) return { unreadable: 'EINVAL' };
    return { fields };
  }
  return {};
}

/** hostname(5): a line with the name, and perhaps others that begin with #. */
function readHostName(root: RootDirectory): string {
  const lines = readIfThere(root, '/etc/hostname')?.toString('utf8').split('\n') ?? [];
  return lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#')) ?? '';
}

function readAccounts(root: RootDirectory): RootAnswer {
  const idsIn = (path: string): number[] =>
    parseAccountIds(readIfThere(root, path, accountLimits.size)?.toString('utf8') ?? '');
  return { users: idsIn('/etc/passwd'), groups: idsIn('/etc/group') };
}

function readIfThere(root: RootDirectory, path: string, limit = maximumSize): Buffer | undefined {
  try {
    return root.readFile(path, limit);
  } catch {
    return undefined;
  }
}

main();
