import type { Forwarder } from './forwarder.ts';
import { KeptResponses } from './kept-responses.ts';
import { HEADER, isMetaType, type Query, readQuery } from './query.ts';
import type { Answer, ResponseCode } from './records.ts';
import { TCP_MESSAGE, udpLimit, writeFailure, writeResponse } from './response.ts';
import type { DatagramShortcut, Transport } from './transport.ts';
import type { View, Zone } from './zone.ts';

/** What a responder needs. */
export interface ResponderOptions {
  readonly zone: Zone;
  /** Seconds, of every record. */
  readonly ttl: number;
  /** Who knows the names that are none of ours. Absent: nobody is asked. */
  readonly forwarder?: Forwarder;
  /** What the asker at an address may see; undefined: all. Absent: everybody sees all. */
  readonly viewOf?: (address: Uint8Array) => View | undefined;
  /** Gets what must not happen; who asked gets SERVFAIL. */
  readonly onProblem: (error: unknown) => void;
}

/** Makes responses of queries, the same over every transport. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #kept: KeptResponses;
  /** Answers over UDP what has been answered before, with the same bytes. Absent where not everybody sees all. */
  readonly shortcut?: DatagramShortcut;

  constructor(options: ResponderOptions) {
    this.#options = options;
    const kept = new KeptResponses((machine) => options.zone.asked(machine));
    this.#kept = kept;
    if (options.viewOf !== undefined) return;
    this.shortcut = {
      begin: () => kept.begin(),
      answer: (memory, from, end, to) => {
        try {
          return kept.answer(memory, from, end, to);
        } catch (error) {
          options.onProblem(error);
          return 0;
        }
      },
    };
  }

  /** To be told of each change of the names. */
  changed(): void {
    this.#options.zone.changed();
    this.#kept.clear();
  }

  /**
   * The response to a message, which is good until the next call; undefined for none. Never throws, and a promise is
   * never rejected.
   * @param asker 4 or 16 bytes
   */
  respond(message: Buffer, asker: () => Uint8Array, transport: Transport): Buffer | undefined | Promise<Buffer> {
    try {
      return this.#respond(message, asker, transport);
    } catch (error) {
      this.#options.onProblem(error);
      return message.length < HEADER ? undefined : writeFailure(message, 'SERVFAIL');
    }
  }

  #respond(message: Buffer, asker: () => Uint8Array, transport: Transport) {
    const query = readQuery(message);
    if (query === 'silence') return undefined;
    if (query === 'not-implemented') return writeFailure(message, 'NOTIMP');
    // Over TCP there is no telling what else is wrong: the connection ends.
    if (query === 'malformed') return transport === 'udp' ? writeFailure(message, 'FORMERR') : undefined;
    const { zone, viewOf, forwarder } = this.#options;
    const { edns, question } = query;
    if (edns !== undefined && edns.version !== 0) return this.#write(query, nothing('BADVERS'), transport);
    const answer = zone.answer(question, viewOf?.(asker()));
    if (answer === undefined && forwarder !== undefined && !isMetaType(question.type)) {
      return this.#forward(forwarder, query, asker(), transport);
    }
    const response = this.#write(query, answer ?? nothing('REFUSED'), transport);
    const machine = answer?.machine;
    if (machine !== undefined && transport === 'udp' && viewOf === undefined) this.#kept.keep(query, response, machine);
    return response;
  }

  async #forward(forwarder: Forwarder, query: Query, asker: Uint8Array, transport: Transport): Promise<Buffer> {
    try {
      const response = await forwarder.ask(query, asker, transport);
      if (response !== undefined) return response;
    } catch (error) {
      this.#options.onProblem(error);
    }
    return this.#write(query, nothing('SERVFAIL'), transport);
  }

  #write(query: Query, answer: Answer, transport: Transport): Buffer {
    const limit = transport === 'udp' ? udpLimit(query) : TCP_MESSAGE;
    return writeResponse(query, answer, {
      limit,
      ttl: this.#options.ttl,
      recursion: this.#options.forwarder !== undefined,
    });
  }
}

function nothing(code: ResponseCode): Answer {
  return { code, answers: [], authority: [] };
}
