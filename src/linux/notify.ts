import { closeSync } from 'node:fs';
import { check, declare } from './libc.ts';
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  openSocket,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  setSocketOption,
} from './socket.ts';
import { AF_UNIX, abstractAddress, unixAddress } from './unix-address.ts';

/**
 * Tells the service manager about this process, by the protocol of sd_notify(3): as in
 * `{ READY: 1, STATUS: '3 machines' }`.
 * Does nothing where there is no service manager to tell (NOTIFY_SOCKET unset or empty). It never throws, for a service
 * goes on without: what went wrong is returned. Waits a second at most for a manager that does not read its socket.
 */
export function notify(
  assignments: Assignments,
  address: string | undefined = process.env['NOTIFY_SOCKET'],
): Error | undefined {
  if (address === undefined || address === '') return undefined;
  try {
    const name = encode(address);
    const fd = openNotifySocket();
    try {
      check(
        setSocketOption(fd, SOL_SOCKET, SO_SNDTIMEO, ONE_SECOND, ONE_SECOND.byteLength),
        'setsockopt',
        'SO_SNDTIMEO',
      );
      send(fd, name, address, message(assignments), MSG_NOSIGNAL);
    } finally {
      closeSync(fd);
    }
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/**
 * Tells it time and again: waits for nobody, and needs no new descriptor, which may be what is short when it is to be
 * told.
 */
export class Notifier {
  readonly #address: string;
  readonly #name: Uint8Array;
  readonly #fd: number;

  /** @param address as of NOTIFY_SOCKET. @throws TypeError when it is none, SystemError when no descriptor is left */
  constructor(address: string) {
    this.#address = address;
    this.#name = encode(address);
    this.#fd = openNotifySocket();
  }

  /** As {@link notify}; EAGAIN when the manager does not read its socket. */
  tell(assignments: Assignments): Error | undefined {
    try {
      send(this.#fd, this.#name, this.#address, message(assignments), MSG_NOSIGNAL | MSG_DONTWAIT);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

type Assignments = Readonly<Record<string, string | number>>;

function message(assignments: Assignments): Buffer {
  const lines = Object.entries(assignments).map(([name, value]) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is no variable of sd_notify`);
    if (/[\n\0]/.test(String(value))) throw new TypeError(`the value of ${name} has a line break or NUL in it`);
    return `${name}=${value}`;
  });
  return Buffer.from(lines.join('\n'));
}

function openNotifySocket(): number {
  return check(openSocket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket');
}

function send(fd: number, name: Uint8Array, address: string, bytes: Buffer, flags: number): void {
  check(sendto(fd, bytes, bytes.length, flags, name, name.length), 'sendto', address);
}

function encode(address: string): Uint8Array {
  if (address.startsWith('/')) return unixAddress(address);
  if (address.startsWith('@')) return abstractAddress(address.slice(1));
  throw new TypeError(`NOTIFY_SOCKET is ${JSON.stringify(address)}, neither a path nor an abstract name`);
}

const SO_SNDTIMEO = 21;
// struct timeval of two 64-bit members, as all 64-bit architectures have it.
const ONE_SECOND = new BigInt64Array([1n, 0n]);

const sendto = declare('long sendto(int fd, void *buffer, size_t length, int flags, void *address, uint size)');
