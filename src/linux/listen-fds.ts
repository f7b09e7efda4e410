import { closeSync } from 'node:fs';
import { check, declare } from './libc.ts';
import { openPidfd, pidfdId } from './pidfd.ts';
import { getSocketOption, SOL_SOCKET } from './socket.ts';

/** A socket that the service manager opened for us before it started us. */
export interface PassedSocket {
  readonly fd: number;
  /**
   * FileDescriptorName= of its socket unit, by default that unit's name, as in `userdb`; `unknown` where nothing was
   * said.
   */
  readonly name: string;
}

/**
 * The listening AF_UNIX stream sockets passed to this process, by the protocol of sd_listen_fds_with_names(3). They
 * become ours: close-on-exec is set, and the variables are deleted from the environment, so that a second call returns
 * nothing.
 * None when nothing was passed, or it was passed to another process.
 * Throws an error naming the variable or descriptor that is not as it must be; the descriptors then stay open.
 */
export function takePassedSockets(environment: NodeJS.ProcessEnv = process.env): PassedSocket[] {
  const { LISTEN_PID: pid, LISTEN_PIDFDID: id, LISTEN_FDS: count, LISTEN_FDNAMES: names } = environment;
  for (const variable of ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[variable];
  if (pid === undefined || count === undefined || !isThisProcess(pid, id)) return [];
  if (!/^\d{1,6}$/.test(count)) throw new Error(`LISTEN_FDS is ${JSON.stringify(count)}, not a small number`);

  const listed = names?.split(':');
  if (listed !== undefined && listed.length !== Number(count)) {
    throw new Error(`LISTEN_FDNAMES has ${listed.length} names for the ${count} descriptors of LISTEN_FDS`);
  }
  const sockets = Array.from({ length: Number(count) }, (_, index) => ({
    fd: FIRST + index,
    name: listed?.[index] ?? 'unknown',
  }));
  for (const { fd, name } of sockets) verify(fd, `passed descriptor ${fd} (${name})`);
  return sockets;
}

// SD_LISTEN_FDS_START of sd_listen_fds(3).
const FIRST = 3;

/**
 * A parent that did not fork in between can say the PID; one that wants to be sure adds the id of the pidfd (systemd
 * 258).
 */
function isThisProcess(pid: string, id: string | undefined): boolean {
  if (pid !== String(process.pid)) return false;
  if (id === undefined) return true;
  const pidfd = openPidfd(process.pid);
  try {
    const ours = pidfdId(pidfd);
    return ours === undefined || id === String(ours);
  } finally {
    closeSync(pidfd);
  }
}

function verify(fd: number, shown: string): void {
  check(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl', shown);
  if (
    option(fd, SO_DOMAIN, shown) !== 1 ||
    option(fd, SO_TYPE, shown) !== 1 ||
    option(fd, SO_ACCEPTCONN, shown) !== 1
  ) {
    throw new Error(`${shown} is no listening AF_UNIX stream socket`);
  }
}

function option(fd: number, name: number, shown: string): number {
  const value = new Int32Array(1);
  check(getSocketOption(fd, SOL_SOCKET, name, value, new Uint32Array([4])), 'getsockopt', shown);
  return value[0] as number;
}

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const SO_DOMAIN = 39;

const fcntl = declare('int fcntl(int fd, int command, int argument)');
