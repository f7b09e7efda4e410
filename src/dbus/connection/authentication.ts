import { AuthenticationError } from '../errors.ts';

/**
 * What a client says first (D-Bus Specification, "Authentication Protocol"): that it is who the kernel says it is, that
 * descriptors are to pass, and that messages follow. It waits for no answer in between, and names no user, so that it
 * does not matter which number that is in the server's user namespace.
 */
export const GREETING: Buffer = Buffer.from('\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n', 'latin1');

/** Reads the server's answers to {@link GREETING}. */
export class Authentication {
  #text = '';
  #step = 0;
  /** The id of the server, once it has let us in: 32 hexadecimal digits. */
  serverId: string | undefined;

  /**
   * Takes bytes, and gives those that follow the answers, or undefined when not all answers are there.
   * Throws an {@link AuthenticationError} that says what the server answered.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    for (let at = 0; at < chunk.length; at++) {
      this.#text += String.fromCharCode(chunk[at] as number);
      if (this.#text.endsWith('\r\n')) {
        this.#take(this.#text.slice(0, -2));
        this.#text = '';
        if (this.#step === ANSWERS) return chunk.subarray(at + 1);
      } else if (this.#text.length > MAXIMUM_LINE) {
        throw new AuthenticationError(`the bus answered with more than ${MAXIMUM_LINE} bytes without a line end`);
      }
    }
    return undefined;
  }

  #take(line: string): void {
    const step = this.#step++;
    if (line.startsWith('REJECTED')) {
      const offered = line.slice('REJECTED'.length).trim();
      throw new AuthenticationError(`the bus refused EXTERNAL authentication; it offers ${offered || 'nothing else'}`);
    }
    if (step === 0) {
      // An empty challenge.
      if (/^DATA ?$/.test(line)) return;
    } else if (step === 1) {
      this.serverId = /^OK ([0-9a-fA-F]{32})$/.exec(line)?.[1]?.toLowerCase();
      if (this.serverId !== undefined) return;
    } else if (line === 'AGREE_UNIX_FD') return;
    throw new AuthenticationError(`the bus answered ${JSON.stringify(line)} to ${QUESTIONS[step]}`);
  }
}

const ANSWERS = 3;
const QUESTIONS = ['AUTH EXTERNAL', 'DATA', 'NEGOTIATE_UNIX_FD'];
const MAXIMUM_LINE = 4096;
