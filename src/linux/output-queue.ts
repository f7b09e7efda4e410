import { lastErrno } from './libc.ts';
import { MSG_NOSIGNAL, sendBytes } from './socket.ts';

/** Bytes that a socket did not take yet, in order. */
export class OutputQueue {
  // A list, not an array: it may never become empty while a slow reader is served, and what is sent must be let go.
  #head: Chunk | undefined;
  #tail: Chunk | undefined;

  get empty(): boolean {
    return this.#head === undefined;
  }

  /** Keeps the bytes, not a copy of them. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const chunk: Chunk = { bytes, next: undefined };
    if (this.#tail === undefined) this.#head = chunk;
    else this.#tail.next = chunk;
    this.#tail = chunk;
  }

  /**
   * Hands bytes to the socket until it takes no more, at most 64 chunks of them so that others get their turn.
   * Returns 0, or the error number of the send(2) that failed (EAGAIN when the socket is full).
   */
  flush(fd: number): number {
    for (let budget = CHUNKS_PER_ROUND; this.#head !== undefined && budget > 0; budget--) {
      const { bytes } = this.#head;
      const taken = sendBytes(fd, bytes, bytes.length, MSG_NOSIGNAL);
      if (taken < 0) return lastErrno();
      if (taken < bytes.length) this.#head.bytes = bytes.subarray(taken);
      else this.#head = this.#head.next;
    }
    if (this.#head === undefined) this.#tail = undefined;
    return 0;
  }

  clear(): void {
    this.#head = undefined;
    this.#tail = undefined;
  }
}

interface Chunk {
  bytes: Uint8Array;
  next: Chunk | undefined;
}

const CHUNKS_PER_ROUND = 64;
