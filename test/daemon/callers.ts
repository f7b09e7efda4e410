import { connect, type Socket } from 'node:net';
import { DBusError } from '../../src/dbus/errors.ts';
import { connectBus } from '../support/bus.ts';

/** Asks for machines one after the other over one Varlink connection, all the time, from when it is made. */
export class VarlinkCaller {
  /** How many right answers there were. */
  answers = 0;
  /** Whatever was not right: other answers, and the end of the connection. */
  readonly wrong: string[] = [];
  /** The longest that an answer took, in milliseconds. */
  longest = 0;
  readonly #socket: Socket;
  #asked = 0;
  #name = '';

  constructor(path: string, names: readonly string[]) {
    let text = '';
    this.#socket = connect(path, () => this.#ask(names));
    this.#socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\0')) return;
      this.longest = Math.max(this.longest, performance.now() - this.#asked);
      if (text.startsWith('{"parameters"') && text.includes(`"name":"${this.#name}"`)) this.answers += 1;
      else this.wrong.push(text);
      text = '';
      this.#ask(names);
    });
    this.#socket.on('error', (error) => this.wrong.push(error.message));
    this.#socket.on('end', () => this.wrong.push('closed'));
  }

  async stop(): Promise<void> {
    this.#socket.destroy();
  }

  #ask(names: readonly string[]): void {
    this.#name = names[(this.answers * 7) % names.length] as string;
    this.#asked = performance.now();
    this.#socket.write(`${JSON.stringify({ method: 'io.systemd.Machine.List', parameters: { name: this.#name } })}\0`);
  }
}

/** Asks for machines one after the other over a bus, all the time, and connects anew whenever that is over. */
export class BusCaller {
  /** How many right answers there were. */
  answers = 0;
  /** Other answers. That there is no bus, or nobody with the name on it, is none. */
  readonly wrong: string[] = [];
  readonly #over: Promise<void>;
  #stopped = false;

  constructor(address: string, names: readonly string[]) {
    this.#over = this.#run(address, names);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#over;
  }

  async #run(address: string, names: readonly string[]): Promise<void> {
    while (!this.#stopped) {
      const bus = await connectBus(address).catch(() => undefined);
      try {
        for (; bus !== undefined && !this.#stopped; ) {
          const name = names[(this.answers * 7) % names.length] as string;
          const [path] = await bus.call({
            destination: 'org.freedesktop.machine1',
            path: '/org/freedesktop/machine1',
            interface: 'org.freedesktop.machine1.Manager',
            member: 'GetMachine',
            signature: 's',
            body: [name],
          });
          if (path === `/org/freedesktop/machine1/machine/${name}`) this.answers += 1;
          else this.wrong.push(`${name}: ${path}`);
        }
      } catch (error) {
        if (!(error instanceof DBusError && NOBODY_THERE.includes(error.errorName))) this.wrong.push(`${error}`);
      }
      bus?.close();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

// The bus ended while it was asked; nobody has the name; who had it left while it was asked.
const NOBODY_THERE = ['Disconnected', 'ServiceUnknown', 'NoReply'].map((name) => `org.freedesktop.DBus.Error.${name}`);
