import type { HostNames } from '../../resolver/host-names.ts';
import { reverseName } from '../../resolver/reverse-name.ts';
import { PreparedReply } from '../../varlink/index.ts';
import type { Methods } from './io.systemd.Resolve.Hook.ts';

type Reply = Methods['QueryFilter']['reply'];

/**
 * Which names it is worth asking about: machines' and, in reverse, their addresses'. The same list means the same
 * names.
 */
export class Filter {
  readonly #hostNames: HostNames;
  readonly #followers = new Set<Follower>();
  #domains: readonly string[] = [];
  #reply: PreparedReply<Reply> = new PreparedReply({ filterDomains: this.#domains });
  #stale = true;
  #scheduled = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #unsubscribe: () => void;

  constructor(hostNames: HostNames) {
    this.#hostNames = hostNames;
    this.#unsubscribe = hostNames.subscribe(() => this.#changed());
  }

  /** As it is now. */
  get domains(): readonly string[] {
    this.#refresh();
    return this.#domains;
  }

  /** The same as a reply, whose text is made once for all who ask or follow. */
  get reply(): PreparedReply<Reply> {
    this.#refresh();
    return this.#reply;
  }

  /**
   * As it is now, and again after each change until `signal` ends it. What changes in one turn of the event loop is one
   * change, and so is what changes soon after another, or while nobody takes the replies.
   */
  async *follow(signal: AbortSignal): AsyncGenerator<PreparedReply<Reply>, Reply, void> {
    const follower: Follower = { wake: () => {} };
    const wake = (): void => follower.wake();
    signal.addEventListener('abort', wake);
    this.#followers.add(follower);
    try {
      let told: PreparedReply<Reply> | undefined;
      while (!signal.aborted) {
        const { reply } = this;
        if (reply === told) {
          await new Promise<void>((resolve) => {
            follower.wake = resolve;
          });
        } else {
          told = reply;
          yield reply;
        }
      }
      return {};
    } finally {
      this.#followers.delete(follower);
    }
  }

  /** Follows the host names no longer. */
  close(): void {
    this.#unsubscribe();
  }

  #refresh(): void {
    if (!this.#stale) return;
    this.#stale = false;
    const domains = [...this.#hostNames.names(), ...reverseNames(this.#hostNames.addresses())];
    if (domains.join(' ') === this.#domains.join(' ')) return;
    this.#domains = domains;
    this.#reply = new PreparedReply({ filterDomains: domains });
  }

  #changed(): void {
    this.#stale = true;
    if (this.#scheduled || this.#followers.size === 0) return;
    this.#scheduled = true;
    const tell = (): void => {
      this.#scheduled = false;
      this.#toldAt = performance.now();
      for (const { wake } of this.#followers) wake();
    };
    const rest = this.#toldAt + PACE - performance.now();
    if (rest > 0) setTimeout(tell, rest);
    else setImmediate(tell);
  }
}

/**
 * Milliseconds from one change that is told to the next. The root of a container can change its addresses ten thousand
 * times a second, and systemd-resolved reads the whole filter each time.
 */
const PACE = 20;

interface Follower {
  wake: () => void;
}

/**
 * Beyond so many addresses whole trees are in the filter instead: the root of a container can give itself thousands.
 */
const maximumAddresses = 2048;

function reverseNames(addresses: Iterable<Uint8Array>): readonly string[] {
  const names: string[] = [];
  for (const bytes of addresses) {
    if (names.length === maximumAddresses) return ['in-addr.arpa', 'ip6.arpa'];
    names.push(reverseName(bytes));
  }
  return names;
}
