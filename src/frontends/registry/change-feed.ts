import type { Machine } from '../../machine/machine.ts';
import type { Registry, RegistryEvent } from '../../machine/registry.ts';
import type { ChangeKind } from '../../resolver/changes.ts';
import { PreparedReplies, PreparedReply } from '../../varlink/index.ts';
import { ChangeLog } from './change-log.ts';
import type { ChangeEncoder, EventReply } from './encode-change.ts';
import { StateReplies } from './state-replies.ts';

/** One change as a reply, or one that is long, or a part of what there is. */
export type FeedReply = PreparedReply<EventReply> | PreparedReplies<EventReply>;

/** The machines that there were at one moment, and the position of the first change after it. */
export interface Snapshot {
  readonly machines: readonly Machine[];
  readonly position: number;
}

/** Where a feed has it all from. */
export interface FeedOptions {
  readonly registry: Registry;
  /** What an event of the registry amounts to (resolver/changes.ts). */
  readonly changesOf: (event: RegistryEvent) => readonly ChangeKind[];
  readonly encoder: ChangeEncoder;
  /** What is to be done as long as there are subscribers; returns what ends it. */
  readonly follow?: () => () => void;
}

/**
 * What there is and what becomes of it, as replies: each is made once, however many subscribers are told of it. While
 * there are none nothing is followed and nothing is kept.
 */
export class ChangeFeed {
  readonly log: ChangeLog<FeedReply> = new ChangeLog(LOG_LIMIT);
  readonly #options: FeedOptions;
  /** Who wants to hear of the next change. */
  readonly #idle = new Set<() => void>();
  #state: StateReplies | undefined;
  #snapshot: Snapshot | undefined;
  #subscribers = 0;
  #stop: (() => void) | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** One subscriber more. */
  join(): void {
    this.#subscribers++;
    this.#stop ??= this.#start();
  }

  /** One less. */
  leave(): void {
    this.#subscribers--;
    if (this.#subscribers > 0) return;
    this.#stop?.();
    this.#stop = undefined;
    this.#snapshot = undefined;
    this.#state = undefined;
    this.log.clear();
  }

  /** Calls `wake` once, at the next change. It is for who has been told of all changes: what all have is not kept. */
  whenChanged(wake: () => void): void {
    this.#idle.add(wake);
    if (this.#idle.size === this.#subscribers) this.log.clear();
  }

  /** Takes that back. */
  forget(wake: () => void): void {
    this.#idle.delete(wake);
  }

  /** What there is now. Those who ask between two changes share it. */
  snapshot(): Snapshot {
    this.#snapshot ??= {
      machines: [...this.#options.registry].filter((machine) => machine.class !== 'host'),
      position: this.log.end,
    };
    return this.#snapshot;
  }

  /** How the machines of a snapshot are told of. */
  state(machines: readonly Machine[]): Generator<FeedReply, void, void> {
    this.#state ??= new StateReplies(this.#options.encoder);
    return this.#state.of(machines);
  }

  #start(): () => void {
    const unsubscribe = this.#options.registry.subscribe((event) => this.#note(event));
    const end = this.#options.follow?.();
    return () => {
      unsubscribe();
      end?.();
    };
  }

  #note(event: RegistryEvent): void {
    const before = this.log.end;
    for (const kind of this.#options.changesOf(event)) {
      const change = this.#options.encoder.change(kind, event.machine);
      if (change !== undefined) this.log.append(prepared(change));
    }
    if (this.log.end === before) return;
    this.#snapshot = undefined;
    const idle = [...this.#idle];
    this.#idle.clear();
    for (const wake of idle) wake();
  }
}

/** What is long is encoded once for all, so that no slow reader has a copy of its own waiting. */
function prepared(change: EventReply): FeedReply {
  const reply = new PreparedReply(change);
  return reply.length > LONG ? new PreparedReplies([reply]) : reply;
}

/** Characters. */
const LONG = 8192;
/** Characters, of which a change has some 200, and with 8,192 addresses a million. */
const LOG_LIMIT = 4 * 1024 * 1024;
