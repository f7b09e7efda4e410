import { randomInt } from 'node:crypto';
import type { Endpoint } from './endpoint.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts';
import type { Query } from './query.ts';
import { udpLimit } from './response.ts';
import type { Transport } from './transport.ts';
import {
  readUpstreamResponse,
  relayedResponse,
  truncatedResponse,
  type UpstreamResponse,
  upstreamQuery,
} from './upstream-message.ts';

/** How questions are forwarded. */
export interface ForwarderOptions {
  /** The servers, the best first. */
  readonly upstreams: () => readonly Endpoint[];
  /** Milliseconds after which nothing is waited for any more. */
  readonly limit?: number;
  /** Milliseconds after which another server is asked as well, and the same one again where there is no other. */
  readonly patience?: number;
}

/**
 * Asks other servers what is none of ours. The server that answered last is asked first; when it says nothing for a
 * while, or that it cannot, the next one is, and whoever answers first counts.
 */
export class Forwarder {
  readonly #options: Required<ForwarderOptions>;
  readonly #byAsker = new Map<string, number>();
  readonly #open = new Set<() => void>();
  #preferred: string | undefined;

  constructor({ upstreams, limit = LIMIT, patience = PATIENCE }: ForwarderOptions) {
    this.#options = { upstreams, limit, patience };
  }

  /**
   * The response for whoever asked; undefined: none came in time, or too much is being asked, all in all or by this
   * one.
   * @param asker 4 or 16 bytes
   */
  async ask(query: Query, asker: Uint8Array, transport: Transport): Promise<Buffer | undefined> {
    const upstreams = this.#ordered();
    const key = asker.join();
    const own = this.#byAsker.get(key) ?? 0;
    if (upstreams.length === 0 || this.#open.size >= MOST || own >= MOST_OF_ONE) return undefined;
    this.#byAsker.set(key, own + 1);
    try {
      const response = await this.#race(query, upstreams, transport);
      if (response === undefined) return undefined;
      const relayed = relayedResponse(response, query);
      return transport === 'udp' && relayed.length > udpLimit(query) ? truncatedResponse(relayed, query) : relayed;
    } finally {
      const left = (this.#byAsker.get(key) ?? 1) - 1;
      if (left > 0) this.#byAsker.set(key, left);
      else this.#byAsker.delete(key);
    }
  }

  /** Gives up all that is being asked. */
  close(): void {
    for (const giveUp of this.#open) giveUp();
  }

  #ordered(): readonly Endpoint[] {
    const upstreams = this.#options.upstreams();
    const index = upstreams.findIndex(({ address, port }) => `${address} ${port}` === this.#preferred);
    return index <= 0 ? upstreams : [...upstreams.slice(index), ...upstreams.slice(0, index)];
  }

  #race(query: Query, upstreams: readonly Endpoint[], transport: Transport): Promise<UpstreamResponse | undefined> {
    return new Promise((resolve) => {
      const exchanges: Exchange[] = [];
      let started = 0;
      let failed = 0;
      let refusal: UpstreamResponse | undefined;
      const finish = (response: UpstreamResponse | undefined): void => {
        clearInterval(impatience);
        clearTimeout(end);
        this.#open.delete(giveUp);
        for (const exchange of exchanges) exchange.cancel();
        resolve(response);
      };
      const giveUp = (): void => finish(undefined);
      const next = (): void => {
        const upstream = upstreams[started++ % upstreams.length] as Endpoint;
        const exchange = this.#exchange(upstream, query, transport, (response) => {
          if (response?.useful) {
            this.#preferred = `${upstream.address} ${upstream.port}`;
            finish(response);
            return;
          }
          refusal ??= response;
          failed++;
          if (started < upstreams.length) next();
          else if (failed === started) finish(refusal);
        });
        exchanges.push(exchange);
      };
      const impatience = setInterval(() => started < MOST_TRIES && next(), this.#options.patience);
      const end = setTimeout(() => finish(refusal), this.#options.limit);
      this.#open.add(giveUp);
      next();
    });
  }

  /** Asks one server; tells what it answered, or undefined when it failed. Told at most once, and never at once. */
  #exchange(
    upstream: Endpoint,
    query: Query,
    transport: Transport,
    tell: (response: UpstreamResponse | undefined) => void,
  ): Exchange {
    const id = randomInt(0x10000);
    const message = upstreamQuery(query, id);
    let current: Exchange | undefined;
    const ask = (exchange: typeof exchangeUdp, whole: boolean): void => {
      current = exchange(upstream, message, {
        message: (bytes) => {
          const response = readUpstreamResponse(bytes, query, id);
          if (response === undefined) return false;
          if (response.truncated && !whole) ask(exchangeTcp, true);
          else tell(response);
          return true;
        },
        failed: () => tell(undefined),
      });
    };
    ask(exchangeUdp, transport === 'udp');
    return { cancel: () => current?.cancel() };
  }
}

/** Less than the five seconds that a C library waits (resolv.conf(5), timeout). */
const LIMIT = 4500;
const PATIENCE = 1000;
const MOST_TRIES = 6;
/** Questions that are waited for, each with a few sockets. */
const MOST = 512;
/** Of one address, so that one container cannot take the place of all others. */
const MOST_OF_ONE = 128;
