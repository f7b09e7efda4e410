import { closeSync } from 'node:fs';
import { takeGroups, takeIds } from '../../linux/credentials.ts';
import { joinNamespaces, othersOf } from '../../linux/namespaces.ts';
import type { Process } from '../../linux/process.ts';
import { endWithParent } from '../../linux/process-attributes.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { connectToFile, openUnixSocket } from '../../linux/unix-connect.ts';
import { actInCopy, type CopyOutcome } from './act-in-copy.ts';
import { unchangeableGroups } from './unchangeable-groups.ts';

/**
 * Connects to a socket in a machine as root of the machine's user namespace, which the listener sees as the peer
 * (SO_PEERCRED). No other namespace is joined: the path is looked up below the leader's root (RESOLVE_IN_ROOT), and the
 * process number that the listener sees is 0.
 * @param patience milliseconds that it may take: the machine may have a file system there that does not answer
 * @returns the socket, non-blocking, which the taker closes; undefined where it came to nothing
 */
export function connectInside(
  leader: Process,
  path: string,
  patience: number,
): { readonly outcome: CopyOutcome; readonly socket?: number } {
  const root = RootDirectory.ofProcess(leader);
  const pidfd = leader.newPidfd();
  const socket = openUnixSocket();
  const kinds = othersOf(leader, ['user']);
  const groups = unchangeableGroups(leader);
  const act = (): void => {
    if (groups !== undefined && kinds.includes('user')) takeGroups(groups);
    joinNamespaces(pidfd, kinds);
    takeIds({ uid: 0, gid: 0, groups: groups === undefined ? [] : undefined });
    endWithParent();
    connectToFile(socket, root.find(path));
  };
  const outcome = actInCopy(act, { kept: [root.descriptor, pidfd, socket], patience });
  root.close();
  closeSync(pidfd);
  if (outcome.kind === 'done') return { outcome, socket };
  closeSync(socket);
  return { outcome };
}
