import { type Verb, verbs } from './verb.ts';

/** Each way of asking for the same bind mount, from /srv in the lab. */
const bind = (source: string, destination: string, ...options: string[]): string => {
  const has = (name: string): boolean => options.includes(name);
  const parameters = { name: 'c1', source, destination, readOnly: has('--read-only'), mkdir: has('--mkdir') };
  return `machinectl bind ${options.join(' ')} c1 ${source} ${destination}; echo "status $?"
    varlink BindMount '${JSON.stringify(parameters)}'`;
};

/** Makes what is bound in the lab, and what it is bound to in the container's tree. */
export const prepareBinds = `
  mkdir -p /srv/e /srv/d/sub; echo of the host >/srv/d/file; mkfifo /srv/fifo; ln -s d /srv/link; ln -s nowhere /srv/dangling
  mknod /srv/null c 1 3; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/srv/sock")'
  mount -t tmpfs tmpfs /srv/d/sub; touch /srv/d/sub/deep
  cd /var/lib/machines/c1; mkdir dst; echo x >dstfile; ln -s dst dstlink; ln -s /nowhere dstdangling
  ln -s dstfile dstfilelink; mkfifo dstfifo; ln -s ../../../../srv up; ln -s loop loop`;

const asked: readonly (readonly [string, string, ...string[]])[] = [
  ['/srv/nope', '/d'],
  ['/srv/nope', '/d', '--mkdir'],
  ['/srv/d', '/nodst'],
  ['/srv/d', '/a/b/c'],
  ['/srv/d', '/dstfile'],
  ['/srv/d', '/dstfile', '--mkdir'],
  ['/srv/d/file', '/dst'],
  ['/srv/d/file', '/dst', '--mkdir'],
  ['/srv/d', '/dstfile/x', '--mkdir'],
  ['/srv/d', '/dstdangling'],
  ['/srv/d', '/loop/x', '--mkdir'],
  ['/srv/fifo', '/dfifo', '--mkdir'],
  ['/srv/fifo', '/dstfifo'],
  ['/srv/sock', '/dsock', '--mkdir'],
  ['/srv/null', '/dnull', '--mkdir'],
  ['/srv/dangling', '/dd', '--mkdir'],
  ['/srv/link', '/dstlink'],
  ['/srv/d/file', '/dstfilelink', '--read-only'],
  ['/srv/d/file', '/ro/file', '--read-only', '--mkdir'],
  ['/srv/d', '/up/zz', '--mkdir'],
  ['/srv/d/', '/dst'],
  ['relative', '/dst'],
  ['/srv/d/../e', '/dst'],
  ['/srv/d', 'relative'],
  ['/srv/d', '/mnt/x/y', '--mkdir'],
  ['/srv/d', '/mnt/ro', '--mkdir', '--read-only'],
];

/** Bind mounts, and what is to be seen of them in the container. */
export const bindVerbs: readonly Verb[] = [
  ...asked.map(([source, destination, ...options]) => ({
    id: `bind: ${[source, destination, ...options].join(' ')}`,
    script: bind(source, destination, ...options),
  })),
  ...verbs('bind', [
    'machinectl bind c1 /srv/e; echo "status $?"',
    'machinectl bind .host /srv/e /srv/d; echo "status $?"',
    'machinectl bind nope /srv/e; echo "status $?"',
    'asAlice machinectl bind c1 /srv/e /dst; echo "status $?"',
    `busctl call org.freedesktop.machine1 /org/freedesktop/machine1/machine/c1 org.freedesktop.machine1.Machine \\
      BindMount ssbb /srv/e /object 0 1; echo "status $?"`,
    // A mount is in the place of one that was there, and what was mounted below the source is not in it.
    `inside findmnt -n -r -o TARGET,FSROOT,VFS-OPTIONS | grep /srv/ | sort`,
    'inside ls -lan --time-style=+ /mnt /mnt/x /mnt/x/y /mnt/x/y/sub /up/ /ro',
    'inside sh -c "echo new >/mnt/x/y/made; echo new >/mnt/ro/made; echo new >/ro/file"; ls /srv/d; cat /srv/d/file',
  ]),
];
