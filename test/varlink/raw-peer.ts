import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Implementation, listen, type ServerOptions, VarlinkServer } from '../../src/varlink/index.ts';

/** The path of a socket in a directory that goes when the test ends. */
export function socketPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'varlink-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'socket');
}

/** A server of the given interfaces, closed when the test ends. */
export async function startServer(
  interfaces: readonly Implementation[],
  options: ServerOptions = {},
): Promise<{ server: VarlinkServer; path: string; address: string }> {
  const path = socketPath();
  const server = new VarlinkServer({ vendor: 'v', product: 'p', version: '1', url: 'u' }, options);
  for (const implementation of interfaces) server.add(implementation);
  server.serve(await listen({ path }));
  onTestFinished(() => server.close());
  return { server, path, address: `unix:${path}` };
}

/** A peer that sends what it likes and sees every byte. */
export class RawPeer {
  readonly socket: Socket;
  #received = '';
  #messages = 0;
  #closed = false;
  readonly #waiting: (() => void)[] = [];

  static async connect(path: string): Promise<RawPeer> {
    const socket = createConnection({ path, allowHalfOpen: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawPeer(socket);
  }

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#messages += chunk.filter((byte) => byte === 0).length;
      this.#wake();
    });
    socket.on('error', () => {});
    for (const end of ['end', 'close'] as const) {
      socket.on(end, () => {
        this.#closed = true;
        this.#wake();
      });
    }
    onTestFinished(() => void socket.destroy());
  }

  /** Everything received, messages ended by a vertical bar. */
  get received(): string {
    return Buffer.from(this.#received, 'latin1').toString('utf8').replaceAll('\0', '|');
  }

  send(...messages: (string | object)[]): this {
    for (const message of messages) {
      this.socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\0`);
    }
    return this;
  }

  /** Resolves with everything received when `count` messages are there. */
  async messages(count: number): Promise<string> {
    await this.#until(() => this.#messages >= count);
    return this.received;
  }

  /** Resolves with everything received when the other side has ended the connection. */
  async end(): Promise<string> {
    await this.#until(() => this.#closed);
    return this.received;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
