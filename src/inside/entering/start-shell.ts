import { closeSync, existsSync, fchmodSync, fchownSync, writeFileSync, writeSync } from 'node:fs';
import { boundsOf, forbidNewPrivileges, limitBoundingSet, limitCapabilities } from '../../linux/capabilities.ts';
import { changeRoot } from '../../linux/change-root.ts';
import { takeGroups, takeIds } from '../../linux/credentials.ts';
import { execute } from '../../linux/execute.ts';
import { joinNewSessionKeyring } from '../../linux/keyring.ts';
import { joinNamespaces, othersOf } from '../../linux/namespaces.ts';
import type { NamespaceKind, Process } from '../../linux/process.ts';
import { endWithParent, forbidTracing, hangUpWithParent } from '../../linux/process-attributes.ts';
import { limitsOf, takeLimits } from '../../linux/resource-limits.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { startSession } from '../../linux/session.ts';
import type { LoginAccount } from '../../machine/login-account.ts';
import { readAccount } from './account-files.ts';
import { type CopyOutcome, startFromCopy } from './act-in-copy.ts';
import { openControlGroup } from './leader-control-group.ts';
import { usersOf } from './leader-users.ts';
import { loginProgram } from './login-program.ts';
import type { ShellStart } from './request.ts';
import { unchangeableGroups } from './unchangeable-groups.ts';

/**
 * Starts a program in a machine as one of its users, on one of its terminals: in all namespaces of the leader and in its
 * control group, with its limits and with no more privileges than it could have. The accounts are those that the
 * machine's files name.
 * @param terminal the side of it that the program is to have; it stays the caller's
 * @param patience milliseconds until the program runs
 */
export function startShell(leader: Process, start: ShellStart, terminal: number, patience: number): CopyOutcome {
  const root = RootDirectory.ofProcess(leader);
  const pidfd = leader.newPidfd();
  const kinds = othersOf(
    leader,
    KINDS.filter((kind) => existsSync(`/proc/self/ns/${kind}`)),
  );
  const bounds = boundsOf(leader);
  const limits = limitsOf(leader);
  const oomScore = leader.readFile('oom_score_adj').trim();
  const users = usersOf(leader);
  const group = openControlGroup(leader);
  const groups = unchangeableGroups(leader);
  const parent = process.pid;
  let account: LoginAccount;

  const prepare = (): void => {
    takeOomScore(oomScore);
    takeLimits(limits);
    // While there is still the host's /proc, by which a file is opened that has been looked at.
    if (users !== undefined) takeGroups(groups ?? []);
    account = readAccount(root, start.user ?? 'root', users?.root);
    // Another user for files has undone both.
    forbidTracing();
    endWithParent(parent);
    fchownSync(terminal, users === undefined ? account.uid : (users.uid(account.uid) ?? 0), -1);
    fchmodSync(terminal, 0o620);
    joinNamespaces(pidfd, kinds);
    changeRoot(root.descriptor);
    // From here on it is no more than a process of the machine: the next step is to be seen there.
    limitBoundingSet(bounds.capabilities);
    if (bounds.noNewPrivileges) forbidNewPrivileges();
    takeIds(groups === undefined ? account : { ...account, groups: undefined });
    // None of our keys goes there. Where this is forbidden, so is what could read one.
    joinNewSessionKeyring();
    // Another uid than 0 does not undo what joining a user namespace gave: the one before was not that namespace's root.
    limitCapabilities(account.uid === 0 ? bounds.capabilities : 0n);
    // Other ids have undone both.
    forbidTracing();
    endWithParent();
  };
  const become = (starting: () => void): never => {
    if (group !== undefined) writeSync(group, '0');
    startSession(terminal);
    process.umask(0o022);
    enterHome(account.home);
    const { path, args, environment } = loginProgram(account, start);
    starting();
    hangUpWithParent();
    // All other descriptors are close-on-exec.
    return execute(path, args, environment);
  };

  const descriptors = [root.descriptor, pidfd, ...(group === undefined ? [] : [group])];
  const outcome = startFromCopy(prepare, become, { kept: [...descriptors, terminal], patience });
  for (const descriptor of descriptors) closeSync(descriptor);
  return outcome;
}

/** All that there are, as far as this kernel has them. */
const KINDS: readonly NamespaceKind[] = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time'];

/** A lower one than ours needs a privilege, and is no duty. */
function takeOomScore(score: string): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', score);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

/** One that is not there, or not for its owner, is no reason not to come in. */
function enterHome(home: string): void {
  try {
    process.chdir(home);
  } catch {
    process.chdir('/');
  }
}
