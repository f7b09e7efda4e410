import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { currentTimestamp } from '../../../src/linux/clock.ts';
import type { Scene } from './scene.ts';

/** As systemd-machined 262 over Varlink, with its state files: for what the real one does too seldom or never. */
export class OverVarlink {
  readonly machines: Map<string, Record<string, unknown>> = new Map([['.host', { name: '.host', class: 'host' }]]);
  readonly #sockets = new Set<Socket>();
  readonly #scene: Pick<Scene, 'socket' | 'stateFiles' | 'directory'>;
  #server: Server | undefined;
  asked = 0;
  silent = false;
  /** Whether it ends directly after its answer. */
  ending = false;

  constructor(scene: Pick<Scene, 'socket' | 'stateFiles' | 'directory'>) {
    this.#scene = scene;
    mkdirSync(scene.stateFiles);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        expect(JSON.parse(bytes.toString().replace('\0', ''))).toMatchObject({
          method: 'io.systemd.Machine.List',
          more: true,
        });
        this.asked += 1;
        if (this.ending) socket.end(this.#list());
        else if (!this.silent) socket.write(this.#list());
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#scene.socket, resolve));
  }

  stop(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.#scene.socket, { force: true });
  }

  add(name: string, leader: number, interfaces = ''): void {
    this.machines.set(name, {
      name,
      class: 'container',
      leader: { pid: leader },
      timestamp: currentTimestamp(),
      UID: 7,
    });
    this.write(name, interfaces);
  }

  /** Writes a state file as systemd-machined does, when a machine comes and when it starts. */
  write(name: string, interfaces = ''): void {
    const path = join(this.#scene.stateFiles, name);
    writeFileSync(
      `${this.#scene.directory}/new`,
      `NAME=${name}\nCLASS=container\n${interfaces && `NETIF=${interfaces}\n`}`,
    );
    renameSync(`${this.#scene.directory}/new`, path);
  }

  remove(name: string): void {
    this.machines.delete(name);
    rmSync(join(this.#scene.stateFiles, name));
  }

  #list(): string {
    const replies = [...this.machines.values()];
    return replies
      .map((parameters, i) => `${JSON.stringify({ parameters, ...(i < replies.length - 1 && { continues: true }) })}\0`)
      .join('');
  }
}
