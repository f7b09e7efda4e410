import { createConnection, type Socket } from 'node:net';

/** A reply of io.github.mymachines.Registry.Subscribe, as it came. */
export interface Told {
  readonly event: string;
  readonly name?: string;
  readonly class?: string;
  readonly addresses?: readonly { readonly address: string }[];
  readonly uidMap?: readonly unknown[];
  readonly gidMap?: readonly unknown[];
}

/** What a subscriber knows of a machine. */
export interface Known {
  readonly class: string | undefined;
  readonly addresses: readonly string[];
  readonly uidMap: readonly unknown[];
  readonly gidMap: readonly unknown[];
}

/** Follows a registry, as anybody would do it, and complains about what cannot be. */
export class Subscriber {
  readonly socket: Socket;
  readonly told: Told[] = [];
  /** What there is, by what was told. */
  readonly machines = new Map<string, Known>();
  complete = false;
  resyncs = 0;
  closed = false;
  error: string | undefined;
  #rest = '';
  #wake: () => void = () => {};

  static async start(path: string, parameters: object = { details: true }): Promise<Subscriber> {
    const socket = createConnection(path);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Subscriber(socket, parameters);
  }

  constructor(socket: Socket, parameters: object) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (this.#rest + chunk).split('\0');
      this.#rest = messages.pop() as string;
      for (const message of messages) this.#take(JSON.parse(message));
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    const call = { method: 'io.github.mymachines.Registry.Subscribe', parameters, more: true };
    socket.write(`${JSON.stringify(call)}\0`);
  }

  /** Waits for something to be so, as long as the test has time. */
  async until(condition: (self: this) => boolean): Promise<this> {
    while (!condition(this)) {
      if (this.closed) throw new Error(`the subscription has ended: ${this.error}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this;
  }

  /** The events told, with the machine's name. */
  get events(): string[] {
    return this.told.map(({ event, name }) => (name === undefined ? event : `${event} ${name}`));
  }

  stop(): void {
    this.socket.destroy();
  }

  #take({ parameters, error }: { parameters: Told; error?: string }): void {
    if (error !== undefined) {
      this.error = error;
      return;
    }
    this.told.push(parameters);
    this.#apply(parameters);
  }

  #apply(told: Told): void {
    const { event, name = '' } = told;
    const known = this.machines.get(name);
    const wrong = (): never => {
      throw new Error(`${event} ${name} cannot be: the machine is ${known === undefined ? 'not known' : 'known'}`);
    };
    switch (event) {
      case 'present':
      case 'added':
        if (known !== undefined || this.complete === (event === 'present')) wrong();
        this.machines.set(name, {
          class: told.class,
          addresses: textsOf(told),
          uidMap: told.uidMap ?? [],
          gidMap: told.gidMap ?? [],
        });
        break;
      case 'complete':
        this.complete = true;
        break;
      case 'removed':
        if (!this.machines.delete(name)) wrong();
        break;
      case 'addresses_changed':
        this.machines.set(name, { ...(known ?? wrong()), addresses: textsOf(told) });
        break;
      case 'id_map_changed':
        this.machines.set(name, { ...(known ?? wrong()), uidMap: told.uidMap ?? [], gidMap: told.gidMap ?? [] });
        break;
      case 'resync':
        this.machines.clear();
        this.complete = false;
        this.resyncs++;
        break;
      default:
        throw new Error(`unknown event ${event}`);
    }
  }
}

function textsOf({ addresses = [] }: Told): string[] {
  return addresses.map(({ address }) => address);
}
