import { createConnection, type Socket } from 'node:net';

/**
 * What a registry had at which moment, by what its Subscribe told (io.github.mymachines.Registry). Moments are those at
 * which it was heard, of performance.now().
 */
export class MirroredMachines {
  readonly #socket: Socket;
  /** When each machine came and went, in turn. */
  readonly #turns = new Map<string, number[]>();
  #rest = '';
  #error: string | undefined;

  /** Follows the registry at a socket from now on. */
  static async follow(path: string): Promise<MirroredMachines> {
    const socket = createConnection(path);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new MirroredMachines(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (this.#rest + chunk).split('\0');
      this.#rest = messages.pop() as string;
      for (const message of messages) this.#take(JSON.parse(message));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#error ??= 'the registry has ended the subscription';
    });
    socket.write('{"method":"io.github.mymachines.Registry.Subscribe","more":true}\0');
  }

  stop(): void {
    this.#error ??= 'stopped';
    this.#socket.destroy();
  }

  /** Names of the machines that there are now, sorted. */
  get names(): string[] {
    if (this.#error !== undefined) throw new Error(this.#error);
    return [...this.#turns]
      .filter(([, turns]) => turns.length % 2 === 1)
      .map(([name]) => name)
      .sort();
  }

  /** How often any machine came or went. */
  get changes(): number {
    return [...this.#turns.values()].reduce((sum, turns) => sum + turns.length, 0);
  }

  /** All machines that there ever were. */
  get everything(): string[] {
    return [...this.#turns.keys()];
  }

  /** How many milliseconds after `from` a machine was there, or was not, for the first time; Infinity: never since. */
  delay(name: string, there: boolean, from: number): number {
    const turns = this.#turns.get(name) ?? [];
    const before = turns.filter((moment) => moment <= from).length;
    if ((before % 2 === 1) === there) return 0;
    return (turns[before] ?? Number.POSITIVE_INFINITY) - from;
  }

  #take({ parameters, error }: { parameters: { event: string; name?: string }; error?: string }): void {
    const { event, name } = parameters;
    if (error !== undefined || event === 'resync') this.#error = error ?? 'the registry had to begin again';
    if (name === undefined || name === '.host' || !['present', 'added', 'removed'].includes(event)) return;
    const turns = this.#turns.get(name) ?? [];
    if ((turns.length % 2 === 1) !== (event === 'removed')) this.#error = `${event} ${name} cannot be`;
    turns.push(performance.now());
    this.#turns.set(name, turns);
  }
}
