import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EventLoop } from '../../linux/event-loop.ts';
import { type PassedSocket, takePassedSockets } from '../../linux/listen-fds.ts';
import { removeStaleSocket } from '../../linux/stale-socket.ts';
import { type ListenOptions, UnixListener } from '../../linux/unix-listener.ts';
import type { VarlinkServer } from '../../varlink/index.ts';
import type { Log } from '../log/log.ts';

/**
 * Opens the daemon's sockets, or takes over those that systemd opened for it (systemd.socket(5), FileDescriptorName=).
 */
export class Sockets {
  readonly #loop: EventLoop;
  readonly #log: Log;
  readonly #passed: readonly PassedSocket[] = takePassedSockets();
  readonly #open: UnixListener[] = [];
  readonly #servers: VarlinkServer[] = [];
  /** Of performance.now(): when it was last told that there is no descriptor. */
  #toldAt = Number.NEGATIVE_INFINITY;

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
    const options: Pick<ListenOptions, 'makeRoom' | 'onShortage' | 'refuseDescriptors'> = {
      refuseDescriptors: true,
      makeRoom: () => this.#makeRoom(),
      onShortage: (error) => this.#tell(path, error),
    };
    const passed = this.#passed.find((socket) => socket.name === name);
    const listener =
      passed === undefined ? this.#bind(path, options) : new UnixListener(this.#loop, passed.fd, options);
    this.#open.push(listener);
    return listener;
  }

  /** Has a server answer whoever connects. Its connections are among those that make room for others. */
  serve(server: VarlinkServer, listener: UnixListener): void {
    this.#servers.push(server);
    server.serve(listener);
  }

  /** Closes all of them; the files of those that were made here are removed. */
  close(): void {
    for (const listener of this.#open) listener.close();
  }

  /** All have their descriptors from one store: first gives way who is at the service that has most. */
  #makeRoom(): boolean {
    const fullest = [...this.#servers].sort((one, other) => other.connections - one.connections);
    return fullest.some((server) => server.makeRoom());
  }

  /** A crowd of connections is one line every ten seconds. */
  #tell(socket: string, error: Error): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_EVERY) return;
    this.#toldAt = now;
    this.#log.err('too many descriptors: connections are closed', { socket, error: error.message });
  }

  #bind(path: string, options: ListenOptions): UnixListener {
    makeDirectory(dirname(path));
    if (!removeStaleSocket(path)) {
      throw new Error(`${path} is in use: is systemd-machined or another mymachines running?`);
    }
    return UnixListener.bind(this.#loop, path, { mode: 0o666, ...options });
  }
}

/** Milliseconds. */
const TELL_EVERY = 10_000;

/** Makes a directory, with those above it, that everybody may look into, whatever the umask. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}
