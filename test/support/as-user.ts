import { relative } from 'node:path';
import { projectRoot } from './project-root.ts';

/**
 * The command line with which root runs a module of this project in Node as an ordinary user. It sees the project and
 * Node in /mnt, in a mount namespace of its own, so that both may be where only root can look, as in /root. It ends with
 * the thread that started it. The module is given by its path here.
 */
export function asUser(uid: number, module: string, ...parameters: readonly string[]): [string, ...string[]] {
  const ids = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--pdeathsig', 'KILL'];
  const moved = `/mnt/project/${relative(projectRoot, module)}`;
  const start = ['setpriv', ...ids, '--', '/mnt/node', moved, ...parameters];
  return ['unshare', '--mount', '--', 'sh', '-ec', SHOW, 'sh', projectRoot, process.execPath, ...start];
}

const SHOW = `
umask 022
mount -t tmpfs tmpfs /mnt -o mode=755
mkdir /mnt/project
mount --bind "$1" /mnt/project
touch /mnt/node
mount --bind "$2" /mnt/node
shift 2
exec "$@"
`;
