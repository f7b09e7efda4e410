import { closeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { closeDescriptors } from '../linux/descriptor-passing.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import { setNonBlocking } from '../linux/non-blocking.ts';
import { openSocketPair } from '../linux/socket-pair.ts';
import { UnixStream } from '../linux/unix-stream.ts';

/** What comes from a program. */
export interface ChannelEvents {
  /**
   * A line, without its end.
   * @param descriptors that came with it. Those that are left in it afterwards are closed.
   */
  line(text: string, descriptors: number[]): void;
  /** The program has said all that it will: no process has the other end any more. */
  closed(): void;
}

/**
 * This process's end of the socket that a program of ours has as its standard input: both say lines of text
 * (standard-input.ts has the other end). One says something only when the other has read what came before.
 */
export class Channel {
  /** The other end, blocking. {@link handedOver} closes it here. */
  readonly theirs: number;
  readonly #stream: UnixStream;
  readonly #decoder = new StringDecoder('utf8');
  /** The beginning of a line, in pieces as they came. */
  #pieces: string[] = [];
  /** Those that came with what begins there. */
  #descriptors: number[] = [];

  /** Throws a SystemError where there are no descriptors: EMFILE, ENFILE. */
  constructor(loop: EventLoop, events: ChannelEvents) {
    const [ours, theirs] = openSocketPair();
    setNonBlocking(ours);
    this.theirs = theirs;
    this.#stream = new UnixStream(loop, ours, { passDescriptors: true });
    this.#stream.start({
      data: (chunk, passed) => this.#read(events, chunk, passed?.numbers ?? []),
      drain() {},
      closed: () => {
        closeDescriptors(this.#descriptors);
        events.closed();
      },
    });
  }

  /** @param descriptors are closed when they are sent, or never will be */
  send(line: string, descriptors: readonly number[] = []): void {
    this.#stream.send(Buffer.from(`${line}\n`), descriptors.length > 0 ? descriptors : undefined);
  }

  /** A process has the other end, or none ever will. */
  handedOver(): void {
    closeSync(this.theirs);
  }

  /** Nothing more is sent, which the program sees. What it says is still heard. */
  endOutput(): void {
    this.#stream.endOutput();
  }

  /** Nothing more is heard. */
  destroy(): void {
    this.#stream.destroy();
  }

  #read(events: ChannelEvents, chunk: Uint8Array, passed: readonly number[]): void {
    // They are sent with the first byte of a line, and the kernel ends a piece with the bytes that they were sent with.
    this.#descriptors.push(...passed);
    const [first = '', ...others] = this.#decoder.write(chunk).split('\n');
    this.#pieces.push(first);
    for (const [index, beginning] of others.entries()) {
      const line = this.#pieces.join('');
      this.#pieces = [beginning];
      const isLast = index === others.length - 1 && beginning === '';
      const descriptors = isLast ? this.#descriptors.splice(0) : [];
      events.line(line, descriptors);
      closeDescriptors(descriptors);
    }
  }
}
