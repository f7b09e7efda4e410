import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchMachine } from '../machines.ts';

const MEBIBYTE = 1024 * 1024;

/** A large file that is copied to a machine, from one end of a measurement to the other. */
export class Copying {
  readonly #socket: string;
  readonly #machine: BenchMachine;
  readonly #directory = '/var/tmp/mymachines-bench-copies';
  readonly #source: string;
  #copies = 0;

  /** @param socket of io.systemd.Machine @param machine whose root is that of the host */
  constructor(socket: string, machine: BenchMachine, mebibytes: number) {
    this.#socket = socket;
    this.#machine = machine;
    this.#source = `${this.#directory}/source`;
    mkdirSync(`${this.#directory}/to`, { recursive: true });
    const file = openSync(this.#source, 'w');
    const piece = Buffer.alloc(MEBIBYTE, 'not a hole ');
    for (let written = 0; written < mebibytes; written++) writeSync(file, piece);
    closeSync(file);
  }

  /** How many there have been. */
  get copies(): number {
    return this.#copies;
  }

  /** Does something while copies are made, one after another; the last one is called off. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    let over = false;
    let hangUp = (): void => {};
    const copying = (async () => {
      while (!over) {
        const number = ++this.#copies;
        const copy = this.#copy(`${this.#directory}/to/${number}`);
        hangUp = copy.hangUp;
        await copy.answered;
        rmSync(`${this.#directory}/to/${number}`, { force: true });
      }
    })();
    try {
      while (!over && readdirSync(`${this.#directory}/to`).length === 0) {
        await Promise.race([sleep(5), copying]);
      }
      return await work();
    } finally {
      over = true;
      hangUp();
      await copying;
    }
  }

  end(): void {
    if (existsSync(this.#directory)) rmSync(this.#directory, { recursive: true });
  }

  /** An error is thrown, but for the end of the connection, which is how a copy is called off. */
  #copy(destination: string): { answered: Promise<void>; hangUp(): void } {
    const socket = connect(this.#socket);
    const parameters = { name: this.#machine.name, source: this.#source, destination };
    socket.write(`${JSON.stringify({ method: 'io.systemd.Machine.CopyTo', parameters })}\0`);
    const answered = new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.on('data', (reply) => {
        socket.destroy();
        if (reply.includes('"error"')) reject(new Error(`a copy was refused: ${reply}`));
      });
    });
    return { answered, hangUp: () => socket.destroy() };
  }
}
