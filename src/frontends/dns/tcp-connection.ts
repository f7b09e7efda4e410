import type { Socket } from 'node:net';
import { HEADER } from './query.ts';
import type { Responder } from './responder.ts';
import { TCP_MESSAGE } from './response.ts';

/** Times of connections, in milliseconds. */
export interface TcpTimes {
  /** For the first query, for each next one after an answer, and for the asker to take an answer. */
  readonly idle: number;
}

/**
 * One asker over TCP (RFC 7766). Queries may come one behind the other, and each is answered when its answer is known.
 * The time runs from answer to answer: one byte now and then does not stop it. The connection ends at the first message
 * that is no query, for nothing behind it can be trusted to be where it seems to be.
 */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #responder: Responder;
  readonly #asker: () => Uint8Array;
  #input: Buffer = Buffer.alloc(0);
  #pending = 0;
  #ended = false;
  readonly #deadline: NodeJS.Timeout;

  constructor(socket: Socket, responder: Responder, asker: Uint8Array, times: TcpTimes) {
    this.#socket = socket;
    this.#responder = responder;
    this.#asker = () => asker;
    this.#deadline = setTimeout(() => socket.destroy(), times.idle);
    socket.on('data', (chunk) => this.#data(chunk));
    socket.on('end', () => this.#end());
    socket.on('drain', () => this.#work());
    // What is wrong with a connection is its asker's.
    socket.on('error', () => {});
    socket.on('close', () => clearTimeout(this.#deadline));
  }

  #data(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    this.#work();
  }

  #end(): void {
    this.#ended = true;
    this.#work();
  }

  /** Answers what is there, as long as the asker takes the answers and is not owed too many. */
  #work(): void {
    while (!this.#socket.destroyed && this.#pending < MOST_PENDING && !this.#socket.writableNeedDrain) {
      const message = this.#take();
      if (message === undefined) break;
      this.#answer(message);
    }
    if (this.#socket.destroyed) return;
    const behind = this.#pending >= MOST_PENDING || this.#socket.writableNeedDrain;
    if (behind) this.#socket.pause();
    else {
      this.#socket.resume();
      if (this.#ended && this.#pending === 0) this.#socket.end();
    }
  }

  /** The next whole message. */
  #take(): Buffer | undefined {
    const input = this.#input;
    if (input.length < 2) return undefined;
    const length = input.readUInt16BE(0);
    if (length < HEADER || length > LONGEST_QUERY) {
      this.#socket.destroy();
      return undefined;
    }
    if (input.length < 2 + length) return undefined;
    this.#input = input.subarray(2 + length);
    return input.subarray(2, 2 + length);
  }

  #answer(message: Buffer): void {
    const response = this.#responder.respond(message, this.#asker, 'tcp');
    if (response === undefined) this.#socket.destroy();
    else if (response instanceof Promise) {
      this.#pending++;
      // Never rejected.
      response.then((late) => {
        this.#pending--;
        if (this.#socket.destroyed) return;
        this.#send(late);
        this.#work();
      });
    } else this.#send(response);
  }

  #send(response: Buffer): void {
    const frame = Buffer.allocUnsafe(2 + response.length);
    frame.writeUInt16BE(Math.min(response.length, TCP_MESSAGE));
    frame.set(response, 2);
    // In one piece, so that it is one segment where it can be (RFC 7766 8).
    this.#socket.write(frame);
    if (!this.#socket.writableNeedDrain) this.#deadline.refresh();
  }
}

/** Bytes. A question has at most 271, and what else is in a query is smaller than that. */
const LONGEST_QUERY = 4096;
/** Answers that one asker waits for at a time. */
const MOST_PENDING = 32;
