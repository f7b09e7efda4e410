import {
  errorOf,
  type Message,
  type MessageWriter,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseMessages,
} from './message.ts';
import { type NetlinkError, NetlinkFormatError } from './netlink-error.ts';
import { NetlinkSocket } from './netlink-socket.ts';

/** What a dump gave. */
export interface Dump<T> {
  readonly items: readonly T[];
  /** False when there was more than the limit, or when it changed under every attempt. */
  readonly complete: boolean;
}

/**
 * Requests to rtnetlink(7), and their answers.
 *
 * Synchronous, because the kernel is: it carries a request out, the whole first part of a dump included, inside
 * send(2), and the next part inside the recv(2) that takes the last one. There is never an answer to wait for, so
 * waiting for it in the event loop would add a round and save nothing. An empty queue is an error, not a wait.
 */
export class RouteSocket {
  #socket: NetlinkSocket | undefined = new NetlinkSocket();
  #sequence = 0;

  /**
   * One request, which must have NLM_F_ACK; `take` gets what comes before the acknowledgement.
   * Throws a NetlinkError with the kernel's reason, a NetlinkFormatError for an answer that makes no sense.
   * @param name of the request, for errors: `RTM_NEWNSID of process 12`.
   */
  request(writer: MessageWriter, name: string, take: (message: Message) => void = () => {}): void {
    this.#exchange(writer, name, (message) => {
      if (message.type === NLMSG_ERROR) return true;
      take(message);
      return false;
    });
  }

  /**
   * Requests that the kernel answers with one message each, sent together: they must not have NLM_F_ACK, as an
   * acknowledgement would be one message more for each, to be made and to be received. Two at most: whatever waits
   * already, the kernel has room for one answer more, of any length (netlink_attachskb).
   * @param take gets the answers with the places of their requests, or the kernel's refusals.
   */
  ask(requests: readonly Question[], take: (answer: Message | NetlinkError, index: number) => void): void {
    if (requests.length > MAXIMUM_QUESTIONS) throw new RangeError(`${requests.length} requests at a time are too many`);
    const first = this.#sequence + 1;
    this.#sequence += requests.length;
    this.#socket ??= new NetlinkSocket();
    this.#socket.send(joined(requests.map(({ writer }, index) => writer.finish((first + index) >>> 0))));
    const answered = new Set<number>();
    try {
      while (answered.size < requests.length) {
        for (const message of receive(this.#socket, (requests[0] as Question).name)) {
          const index = (message.sequence - first) >>> 0;
          const question = requests[index];
          if (question === undefined || answered.has(index)) continue;
          answered.add(index);
          take(answerOf(message, question.name), index);
        }
      }
    } finally {
      if (answered.size < requests.length) this.close();
    }
  }

  /**
   * One dump request; `decode` makes an item of a message, or undefined to leave it out. When the kernel says that
   * something changed meanwhile (NLM_F_DUMP_INTR) all is read again; whoever changes it without pause gets an
   * incomplete dump.
   * @param limit of items: what is dumped may be another's to fill.
   */
  dump<T>(writer: MessageWriter, name: string, limit: number, decode: (message: Message) => T | undefined): Dump<T> {
    let items: T[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      items = [];
      let interrupted = false;
      let full = false;
      this.#exchange(writer, name, (message) => {
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (message.type === NLMSG_DONE) return true;
        const item = decode(message);
        if (item === undefined) return false;
        full = items.length === limit;
        if (!full) items.push(item);
        return full;
      });
      if (full) {
        // A dump cannot be told to stop. It ends with its socket.
        this.close();
        return { items, complete: false };
      }
      if (!interrupted) return { items, complete: true };
    }
    return { items, complete: false };
  }

  /** Gives the descriptor back. A later request takes a new one. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #exchange(writer: MessageWriter, name: string, take: (message: Message) => boolean): void {
    const sequence = ++this.#sequence >>> 0;
    this.#socket ??= new NetlinkSocket();
    this.#socket.send(writer.finish(sequence));
    let done = false;
    try {
      while (!done) {
        for (const message of receive(this.#socket, name)) {
          if (message.sequence !== sequence || done) continue;
          if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
            const error = errorOf(message, name);
            if (error !== undefined) {
              done = true;
              throw error;
            }
          }
          done = take(message);
        }
      }
    } finally {
      // What is left of a broken exchange would be taken for the next one's answer.
      if (!done) this.close();
    }
  }
}

/** A request that has one answer. `name` is for errors. */
export interface Question {
  readonly writer: MessageWriter;
  readonly name: string;
}

function answerOf(message: Message, name: string): Message | NetlinkError {
  if (message.type !== NLMSG_ERROR) return message;
  const refusal = errorOf(message, name);
  if (refusal === undefined) throw new NetlinkFormatError(`${name}: acknowledged, and not answered`);
  return refusal;
}

function joined(messages: readonly Uint8Array[]): Uint8Array {
  return messages.length === 1 ? (messages[0] as Uint8Array) : Buffer.concat(messages);
}

function receive(socket: NetlinkSocket, name: string): Message[] {
  const datagram = socket.receive();
  if (datagram === undefined) throw new NetlinkFormatError(`${name}: the kernel did not answer`);
  if (datagram.truncated) throw new NetlinkFormatError(`${name}: an answer larger than the buffer`);
  return datagram.port === 0 ? parseMessages(datagram.bytes) : [];
}

const ATTEMPTS = 5;
const MAXIMUM_QUESTIONS = 2;
