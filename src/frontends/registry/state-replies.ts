import type { Machine } from '../../machine/machine.ts';
import { PreparedReplies, PreparedReply } from '../../varlink/index.ts';
import type { ChangeEncoder, EventReply } from './encode-change.ts';

/**
 * What there is, as replies, in parts of a few machines. A part is encoded once for all who are told of the same
 * machines in the same state; only the last encoding of each part is kept, so that this takes the memory of one state.
 */
export class StateReplies {
  readonly #encoder: ChangeEncoder;
  readonly #machines = new WeakMap<Machine, PreparedReply<EventReply>>();
  /** By the place of their first machine. */
  readonly #parts = new Map<number, Part>();

  constructor(encoder: ChangeEncoder) {
    this.#encoder = encoder;
  }

  *of(machines: readonly Machine[]): Generator<PreparedReplies<EventReply>, void, void> {
    for (let start = 0; start < machines.length; ) {
      const part = this.#known(machines, start) ?? this.#encode(machines, start);
      start += part.machines.length;
      yield part.replies;
    }
  }

  #known(machines: readonly Machine[], start: number): Part | undefined {
    const part = this.#parts.get(start);
    return part?.machines.every((machine, at) => machine === machines[start + at]) ? part : undefined;
  }

  #encode(machines: readonly Machine[], start: number): Part {
    const replies: PreparedReply<EventReply>[] = [];
    // At multiples of a number parts end anyway, so that where one has become longer the others stay as they are.
    const limit = Math.min(machines.length, start - (start % MACHINES) + MACHINES);
    let end = start;
    for (let length = 0; length < LENGTH && end < limit; end++) {
      const reply = this.#reply(machines[end] as Machine);
      replies.push(reply);
      length += reply.length;
      this.#parts.delete(end);
    }
    const part = { machines: machines.slice(start, end), replies: new PreparedReplies(replies) };
    this.#parts.set(start, part);
    return part;
  }

  #reply(machine: Machine): PreparedReply<EventReply> {
    const known = this.#machines.get(machine);
    if (known !== undefined) return known;
    const reply = new PreparedReply(this.#encoder.present(machine));
    this.#machines.set(machine, reply);
    return reply;
  }
}

interface Part {
  readonly machines: readonly Machine[];
  readonly replies: PreparedReplies<EventReply>;
}

/** In a part at most. One with an address or two takes some 300 bytes. */
const MACHINES = 64;
/** Bytes, or so, that are enough for a part. */
const LENGTH = 64 * 1024;
