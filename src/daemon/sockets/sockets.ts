import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EventLoop } from '../../linux/event-loop.ts';
import { type PassedSocket, takePassedSockets } from '../../linux/listen-fds.ts';
import { removeStaleSocket } from '../../linux/stale-socket.ts';
import { UnixListener } from '../../linux/unix-listener.ts';
import type { Log } from '../log/log.ts';

/**
 * Opens the daemon's sockets, or takes over those that systemd opened for it (systemd.socket(5), FileDescriptorName=).
 */
export class Sockets {
  readonly #loop: EventLoop;
  readonly #log: Log;
  readonly #passed: readonly PassedSocket[] = takePassedSockets();
  readonly #open: UnixListener[] = [];

  constructor(loop: EventLoop, log: Log) {
    this.#loop = loop;
    this.#log = log;
  }

  /**
   * Listens at a path that everybody may connect to. A dead socket there is replaced. Nobody is answered before the
   * listener is started, but may connect and wait.
   * @param name of the descriptor, where it was passed
   * @throws Error that says so when somebody is listening there already, who is left alone
   */
  listen(name: string, path: string): UnixListener {
    const onShortage = (error: Error): void =>
      this.#log.err('connection refused', { socket: path, error: error.message });
    const passed = this.#passed.find((socket) => socket.name === name);
    const listener =
      passed === undefined ? this.#bind(path, onShortage) : new UnixListener(this.#loop, passed.fd, { onShortage });
    this.#open.push(listener);
    return listener;
  }

  /** Closes all of them; the files of those that were made here are removed. */
  close(): void {
    for (const listener of this.#open) listener.close();
  }

  #bind(path: string, onShortage: (error: Error) => void): UnixListener {
    makeDirectory(dirname(path));
    if (!removeStaleSocket(path)) {
      throw new Error(`${path} is in use: is systemd-machined or another mymachines running?`);
    }
    return UnixListener.bind(this.#loop, path, { mode: 0o666, onShortage });
  }
}

/** Makes a directory, with those above it, that everybody may look into, whatever the umask. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}
