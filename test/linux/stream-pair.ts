import { randomBytes } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { UnixStream } from '../../src/linux/unix-stream.ts';
import { makeSocketPair } from './descriptors.ts';

/** A stream under test, whose other end is a bare descriptor that the test reads and writes by hand. */
export class StreamPair {
  readonly loop = new EventLoop();
  readonly stream: UnixStream;
  readonly other: number;
  /** What the stream reported; `closed` has one entry for every call. */
  readonly input: Buffer[] = [];
  readonly closed: (Error | undefined)[] = [];
  drains = 0;
  #otherOpen = true;

  readonly events = {
    data: (chunk: Uint8Array) => void this.input.push(Buffer.from(chunk)),
    drain: () => void this.drains++,
    closed: (error?: Error) => void this.closed.push(error),
  };

  constructor() {
    const [fd, other] = makeSocketPair();
    this.stream = new UnixStream(this.loop, fd);
    this.other = other;
  }

  get text(): string {
    return Buffer.concat(this.input).toString();
  }

  closeOther(): void {
    if (this.#otherOpen) closeSync(this.other);
    this.#otherOpen = false;
  }

  /** Takes what the stream sent, as far as it is there. */
  received(limit = 1 << 20): Buffer {
    const buffer = Buffer.alloc(limit);
    let at = 0;
    try {
      while (at < limit) {
        const count = readSync(this.other, buffer, at, limit - at, null);
        if (count === 0) break;
        at += count;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return buffer.subarray(0, at);
  }

  /** Sends until the kernel takes no more; returns everything that was handed over. */
  fill(): Buffer {
    const chunks: Buffer[] = [];
    for (let more = true; more; ) {
      const chunk = randomBytes(10_000);
      chunks.push(chunk);
      more = this.stream.send(chunk);
    }
    return Buffer.concat(chunks);
  }

  dispose(): void {
    this.stream.destroy();
    this.closeOther();
    this.loop.close();
  }
}

/** Waits up to two seconds for something to become true, and fails when it does not. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition() && turns < 400; turns++) await sleep(5);
  expect(condition()).toBe(true);
}
