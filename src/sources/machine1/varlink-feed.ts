import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { WatchedFiles } from '../../linux/watched-files.ts';
import { isMachineName, type MachineName } from '../../machine/machine-name.ts';
import { parseState } from '../../machine/state-file.ts';
import { VarlinkClient, VarlinkError } from '../../varlink/index.ts';
import { toldByReply } from './list-reply.ts';
import type { MachinedNews } from './machined-news.ts';

/** Where systemd-machined is, and who is told. */
export interface VarlinkFeedParts {
  /** The path of its socket. */
  readonly socket: string;
  /** The directory of its state files. */
  readonly states: string;
  readonly news: MachinedNews;
  /** Milliseconds that each of its answers may take; default 10,000. */
  readonly patience?: number;
}

/**
 * Follows systemd-machined without a bus: its list over Varlink (systemd 257), which is asked for again when its state
 * files change. While there are none it is not asked, as that would start it. The connection is kept while there are
 * machines, since its end is all that tells of systemd-machined's.
 */
export class VarlinkFeed {
  readonly #parts: VarlinkFeedParts;
  readonly #files: WatchedFiles;
  /** The texts of the state files. */
  readonly #texts = new Map<string, string>();
  #client: VarlinkClient | undefined;
  #looking = false;
  #again = false;
  #retry: NodeJS.Timeout | undefined;
  #delay = FIRST_RETRY;
  #closed = false;

  constructor(parts: VarlinkFeedParts) {
    this.#parts = parts;
    this.#files = new WatchedFiles({
      directory: parts.states,
      wanted: isMachineName,
      changed: (name, text) => {
        if (text === undefined) this.#texts.delete(name);
        else this.#texts.set(name, text);
      },
      looked: () => void this.#look(),
      problem: (error) => parts.news.problem('files', error),
    });
  }

  /** Looks again: there may be news that no file tells of. */
  recheck(): void {
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#files.close();
    this.#client?.close();
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    clearTimeout(this.#retry);
    do {
      this.#again = false;
      try {
        await this.#listOnce();
        this.#delay = FIRST_RETRY;
      } catch (error) {
        if (!this.#closed) this.#lose(error as Error);
      }
    } while (this.#again && !this.#closed);
    this.#looking = false;
  }

  async #listOnce(): Promise<void> {
    const { socket, news } = this.#parts;
    const replies = this.#texts.size > 0 ? await this.#ask() : [];
    if (this.#closed) return;
    const names = new Set<MachineName>();
    for (const { name } of replies) if (typeof name === 'string' && isMachineName(name)) names.add(name);
    if (names.size === 0) {
      this.#client?.close();
      this.#client = undefined;
      if (!existsSync(socket)) throw new Error(`there is no ${socket}`);
    }
    const client = this.#client;
    news.listed(names);
    let until = performance.now() + TURN;
    for (const reply of replies) {
      const name = reply['name'] as MachineName;
      if (names.has(name)) news.told(name, { ...toldByReply(reply), interfaces: this.#interfaces(name) });
      if (performance.now() < until) continue;
      await setImmediate();
      // Its end has been told.
      if (this.#closed || this.#client !== client) return;
      until = performance.now() + TURN;
    }
    news.current();
  }

  async #ask(): Promise<readonly Record<string, unknown>[]> {
    const client = this.#client ?? (await this.#connect());
    this.#client = client;
    const replies: Record<string, unknown>[] = [];
    try {
      const { patience: timeout = PATIENCE } = this.#parts;
      for await (const reply of client.stream('io.systemd.Machine.List', {}, { timeout })) replies.push(reply);
    } catch (error) {
      if (!(error instanceof VarlinkError && error.error === 'io.systemd.Machine.NoSuchMachine')) throw error;
    }
    return replies;
  }

  async #connect(): Promise<VarlinkClient> {
    const { socket, patience = PATIENCE } = this.#parts;
    const client = await VarlinkClient.connect(socket, { signal: AbortSignal.timeout(patience) });
    if (this.#closed) client.close();
    void client.closed.then((reason) => {
      if (this.#client !== client) return;
      this.#client = undefined;
      if (!this.#closed) this.#parts.news.lost(reason);
    });
    return client;
  }

  /** The list does not tell the interfaces of the host that lead to a machine; sd_machine_get_ifindices(3) reads them here. */
  #interfaces(name: MachineName): readonly number[] {
    const text = this.#texts.get(name);
    return text === undefined ? [] : parseState(text).interfaces;
  }

  #lose(reason: Error): void {
    this.#client?.close();
    this.#client = undefined;
    this.#parts.news.lost(reason);
    // Where there was no connection, whoever starts systemd-machined again has it write its files.
    if (reason.name !== 'TimeoutError') return;
    this.#retry = setTimeout(() => void this.#look(), this.#delay).unref();
    this.#delay = Math.min(this.#delay * 2, LAST_RETRY);
  }
}

// Milliseconds.
const PATIENCE = 10_000;
/** Of telling: each machine may be a new one, of which much is to be read, and others wait. */
const TURN = 2;
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;
