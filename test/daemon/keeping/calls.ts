import { createConnection, type Socket } from 'node:net';

/** A reply of Varlink. */
export interface Reply {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly continues?: boolean;
}

/** A connection that was made, and accepted, before there is anything to call. */
export class Connection {
  readonly #socket: Socket;
  #text = '';
  #told: () => void = () => {};
  #ended = false;

  static async open(path: string): Promise<Connection | undefined> {
    const connection = new Connection(path);
    return (await connection.call('org.varlink.service.GetInfo', {})) && connection;
  }

  private constructor(path: string) {
    this.#socket = createConnection(path).setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#told();
    });
    // That it has ended is told by `close`.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#told();
    });
  }

  /** All replies to a call, however long they take. Undefined when the connection ended before the last of them. */
  call(method: string, parameters: object, more = false): Promise<Reply[] | undefined> {
    this.#text = '';
    return new Promise((resolve) => {
      this.#told = () => {
        const texts = this.#text.split('\0').slice(0, -1);
        const replies = texts.map((text): Reply => JSON.parse(text));
        if (replies.length > 0 && replies.at(-1)?.continues !== true) resolve(replies);
        else if (this.#ended) resolve(undefined);
      };
      this.#told();
      this.#socket.write(`${JSON.stringify({ method, parameters, ...(more && { more }) })}\0`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** One call, over a connection of its own. Undefined when the daemon ended first, or was not there. */
export async function call(
  path: string,
  method: string,
  parameters: object,
  more = false,
): Promise<Reply[] | undefined> {
  const connection = await Connection.open(path);
  const replies = await connection?.call(method, parameters, more);
  connection?.close();
  return replies;
}

/** Everything that the registry has but `.host`, by name. */
export async function listMachines(path: string): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const replies = await call(path, 'io.systemd.Machine.List', {}, true);
  if (replies === undefined) throw new Error('the daemon has ended');
  const machines = replies.map(({ parameters = {} }) => [String(parameters['name']), parameters] as const);
  return new Map(machines.filter(([name]) => name !== '.host'));
}
