import { check } from './libc.ts';
import { getSocketOption, SOL_SOCKET } from './socket.ts';

/**
 * The process at the other end of a connected AF_UNIX socket, as the kernel noted it at connect(2) (SO_PEERCRED,
 * unix(7)).
 */
export class UnixPeer {
  /** Effective ids. 65534 stands for one that has no number in this user namespace. */
  readonly uid: number;
  readonly gid: number;
  /**
   * As seen from this PID namespace; 0 when the peer cannot be seen from here. The number may be another process by
   * now: see {@link openPidfd}.
   */
  readonly pid: number;
  readonly #descriptor: () => number;

  /**
   * @param descriptor gives the socket for as long as it is open, then -1. Throws a SystemError when it is no connected
   * socket.
   */
  constructor(descriptor: () => number) {
    readOption(descriptor(), SO_PEERCRED, credentials, 'SO_PEERCRED');
    this.pid = credentials[0] as number;
    this.uid = credentials[1] as number;
    this.gid = credentials[2] as number;
    this.#descriptor = descriptor;
  }

  /**
   * A new pidfd of the process that connected, whatever its number means now (SO_PEERPIDFD, Linux 6.5). The caller
   * closes it.
   * Throws when the connection is closed, with ENOPROTOOPT on an older kernel, and on some kernels with ESRCH or EINVAL
   * for a process that has been reaped already.
   */
  openPidfd(): number {
    const fd = this.#descriptor();
    if (fd < 0) throw new Error('the connection is closed');
    const pidfd = new Uint32Array(1);
    readOption(fd, SO_PEERPIDFD, pidfd, 'SO_PEERPIDFD');
    return pidfd[0] as number;
  }
}

const SO_PEERCRED = 17;
const SO_PEERPIDFD = 77;

// struct ucred: pid, uid, gid.
const credentials = new Uint32Array(3);
const length = new Uint32Array(1);

function readOption(fd: number, option: number, value: Uint32Array, name: string): void {
  length[0] = value.byteLength;
  check(getSocketOption(fd, SOL_SOCKET, option, value, length), 'getsockopt', name);
}
