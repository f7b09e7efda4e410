import { closeSync } from 'node:fs';
import { MSG_NOSIGNAL, SOL_SOCKET } from './socket.ts';
import { controlSize, receiveMessage, SocketMessage, sendMessage } from './socket-message.ts';

/** Descriptors that came with bytes of a stream (SCM_RIGHTS, unix(7)). They belong to whoever is given them. */
export interface PassedDescriptors {
  /** In the order in which they were sent, each close-on-exec. */
  readonly numbers: readonly number[];
  /** More were sent, but this process had no number left for them (MSG_CTRUNC): nobody can get them any more. */
  readonly truncated: boolean;
}

/** The most descriptors that the kernel passes with one piece (SCM_MAX_FD of Linux). */
export const MAXIMUM_DESCRIPTORS = 253;

/**
 * Receives bytes into a buffer together with the descriptors that were sent along. The kernel never puts those of two
 * sendmsg(2) into one piece: what has come before the bytes that they were sent with may be in it, what came after not.
 */
export class DescriptorReceiver {
  /** Those of the last `receive`, or undefined. */
  descriptors: PassedDescriptors | undefined;
  readonly #message = newMessage();

  constructor(buffer: ArrayBuffer) {
    this.#message.data = buffer;
  }

  /** As recv(2): the number of bytes, 0 at the end, or negative with the error number set. */
  receive(fd: number): number {
    const message = this.#message;
    message.reset();
    const count: number = receiveMessage(fd, message.header, MSG_CMSG_CLOEXEC);
    this.descriptors = undefined;
    if (count <= 0) return count;
    const truncated = (message.flags & MSG_CTRUNC) !== 0;
    if (message.controlLength > 0 || truncated) {
      this.descriptors = { numbers: message.controlNumbers(SOL_SOCKET, SCM_RIGHTS), truncated };
    }
    return count;
  }
}

/**
 * Sends bytes with descriptors, which stay open here. As send(2): the number of bytes taken, and with the first of them
 * all descriptors, or negative with the error number set; then nothing has been sent.
 */
export function sendWithDescriptors(fd: number, bytes: Uint8Array, descriptors: readonly number[]): number {
  outgoing.data = bytes;
  outgoing.setControl(SOL_SOCKET, SCM_RIGHTS, descriptors);
  const taken: number = sendMessage(fd, outgoing.header, MSG_NOSIGNAL);
  outgoing.data = undefined;
  return taken;
}

/**
 * Closes descriptors that are to go nowhere, each number once. One that is closed already keeps none of the others
 * open.
 */
export function closeDescriptors(descriptors: Iterable<number>): void {
  for (const descriptor of new Set(descriptors)) {
    try {
      closeSync(descriptor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error;
    }
  }
}

const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x08;
const MSG_CMSG_CLOEXEC = 0x40000000;

function newMessage(): SocketMessage {
  return new SocketMessage(controlSize(MAXIMUM_DESCRIPTORS * 4));
}

// One for everybody: a call is over before the next begins.
const outgoing = newMessage();
