import { constants, fstatSync, openSync } from 'node:fs';
import { SystemError } from '../../linux/libc.ts';
import { joinMountNamespace } from '../../linux/mount-namespace.ts';
import { detachMount, MountTree } from '../../linux/mount-tree.ts';
import { Process } from '../../linux/process.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { Leader } from './leader.ts';
import { MountPoint } from './mount-point.ts';
import type { MountQuestion } from './question.ts';

/**
 * Mounts a file or directory of the host in a container, as systemd 262 does: without what is mounted below it, and in
 * place of what was mounted at that very place before. To be called once in a process, which ends then: it leaves the
 * mounts that it saw, and opens descriptors that nobody closes.
 * @throws LeaderEnded, SystemError as `errno` and `code` have it; nothing is left in the container then
 */
export function bindMount({ leader: identity, request }: MountQuestion): void {
  const { source, destination, readOnly, mkdir } = request;
  const leader = new Leader(identity);
  const host = openHost();
  if (leader.process.sharesNamespace('mnt') || leader.process.namespaceId('mnt') === host.process?.namespaceId('mnt')) {
    throw new SystemError(EINVAL, 'setns', 'the mounts of its leader are those of the host');
  }
  const descriptors = openSync('/proc/self/fd', constants.O_RDONLY | constants.O_DIRECTORY);

  if (host.process !== undefined) joinMountNamespace(host.process);
  const found = host.root.find(source);
  const tree = MountTree.copyOf(found);
  if (readOnly) tree.makeReadOnly();

  joinMountNamespace(leader.process);
  const kind = fstatSync(found).isDirectory() ? 'directory' : 'file';
  const point = mkdir ? MountPoint.make(leader, destination, kind) : MountPoint.find(leader, destination);
  try {
    put(tree, point.descriptor, descriptors);
  } catch (error) {
    point.remove();
    throw error;
  }
}

/**
 * The host as PID 1 sees it: the service is in a mount namespace of its own, where part of it is read-only or hidden.
 * Who may not look at PID 1 is not that service, and has the mounts that are to be had already.
 */
function openHost(): { readonly root: RootDirectory; readonly process?: Process } {
  const first = Process.open(1);
  try {
    return { root: RootDirectory.ofProcess(first), process: first };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return { root: RootDirectory.ofPath('/') };
  }
}

/** Whatever looks there sees what was before or the new one, and never what is below both. */
function put(tree: MountTree, target: number, descriptors: number): void {
  try {
    tree.attach(target, true);
  } catch (error) {
    // Nothing is mounted there, or nothing that may be taken away; or the kernel is older than 6.5.
    if (!(error instanceof SystemError) || error.code !== 'EINVAL') throw error;
    tree.attach(target);
    return;
  }
  try {
    detachMount(target, descriptors);
  } catch (error) {
    tree.detach(descriptors);
    throw error;
  }
}

const EINVAL = 22;
