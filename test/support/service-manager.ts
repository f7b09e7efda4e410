import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, declare } from '../../src/linux/libc.ts';
import { unixAddress } from '../../src/linux/unix-address.ts';

/** The socket on which a service manager hears of its services (sd_notify(3)). */
export class ServiceManager {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'mymachines-manager-'));
  readonly #socket: number;

  constructor() {
    this.#socket = check(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket');
    const address = unixAddress(this.path);
    check(bind(this.#socket, address, address.length), 'bind');
  }

  /** As in NOTIFY_SOCKET. */
  get path(): string {
    return join(this.#directory, 'notify');
  }

  /** What was said since the last time, as it was sent. */
  received(): string[] {
    const messages: string[] = [];
    const buffer = Buffer.alloc(4096);
    for (;;) {
      const length: number = recv(this.#socket, buffer, buffer.length, MSG_DONTWAIT);
      if (length < 0) return messages;
      messages.push(buffer.toString('utf8', 0, length));
    }
  }

  close(): void {
    closeSync(this.#socket);
    rmSync(this.#directory, { recursive: true });
  }
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;

const socket = declare('int socket(int domain, int type, int protocol)');
const bind = declare('int bind(int fd, void *address, uint length)');
const recv = declare('long recv(int fd, void *buffer, size_t length, int flags)');
