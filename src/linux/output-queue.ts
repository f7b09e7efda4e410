import { closeDescriptors, sendWithDescriptors } from './descriptor-passing.ts';
import { lastErrno } from './libc.ts';
import { MSG_NOSIGNAL, sendBytes } from './socket.ts';

/** Bytes that a socket did not take yet, in order, and the descriptors that go with some of them. */
export class OutputQueue {
  // A list, not an array: it may never become empty while a slow reader is served, and what is sent must be let go.
  #head: Chunk | undefined;
  #tail: Chunk | undefined;

  get empty(): boolean {
    return this.#head === undefined;
  }

  /**
   * Keeps the bytes, not a copy of them. Descriptors go out with the first of them; they are the queue's from now on,
   * and closed when they are sent or never will be.
   */
  push(bytes: Uint8Array, descriptors: readonly number[] | undefined): void {
    if (bytes.length === 0) return;
    const chunk: Chunk = { bytes, descriptors, next: undefined };
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
      const { bytes, descriptors } = this.#head;
      const taken = sendPiece(fd, bytes, descriptors);
      if (taken < 0) return lastErrno();
      if (descriptors !== undefined) {
        this.#head.descriptors = undefined;
        closeDescriptors(descriptors);
      }
      if (taken < bytes.length) this.#head.bytes = bytes.subarray(taken);
      else this.#head = this.#head.next;
    }
    if (this.#head === undefined) this.#tail = undefined;
    return 0;
  }

  clear(): void {
    for (let chunk = this.#head; chunk !== undefined; chunk = chunk.next) {
      if (chunk.descriptors !== undefined) closeDescriptors(chunk.descriptors);
    }
    this.#head = undefined;
    this.#tail = undefined;
  }
}

/** As send(2): the number of bytes taken, and with them all descriptors, or negative. */
export function sendPiece(fd: number, bytes: Uint8Array, descriptors: readonly number[] | undefined): number {
  if (descriptors === undefined) return sendBytes(fd, bytes, bytes.length, MSG_NOSIGNAL);
  return sendWithDescriptors(fd, bytes, descriptors);
}

interface Chunk {
  bytes: Uint8Array;
  descriptors: readonly number[] | undefined;
  next: Chunk | undefined;
}

const CHUNKS_PER_ROUND = 64;
