import { createConnection } from 'node:net';
import { sentinel } from './protocol.ts';

const sentinelCall = Buffer.from(`${JSON.stringify(sentinel)}\0`);
const patience = 10_000;

/** What came back for some bytes. */
export interface VarlinkAnswer {
  /** Before the sentinel's answer, cut at each NUL. */
  readonly messages: readonly Buffer[];
  /** True when the server ended the connection instead of answering the sentinel. */
  readonly closed: boolean;
}

/**
 * Sends bytes as they are to a Varlink service, on a connection of their own, and gives what comes back, up to the
 * answer to a call that is sent behind them. Throws when that takes too long.
 */
export function askVarlink(path: string, bytes: Buffer): Promise<VarlinkAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const chunks: Buffer[] = [];
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const messages = split(Buffer.concat(chunks));
      resolve({ messages: closed ? messages : messages.slice(0, -1), closed });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer from ${path} within ${patience} ms, so far: ${Buffer.concat(chunks)}`));
    }, patience);
    socket.on('connect', () => socket.write(Buffer.concat([bytes, sentinelCall])));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (split(Buffer.concat(chunks)).at(-1)?.includes(sentinel.parameters.interface)) finish(false);
    });
    // A server that closes with our sentinel unread resets the connection.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish(true);
      else {
        clearTimeout(timer);
        reject(error);
      }
    });
    socket.on('end', () => finish(true));
  });
}

function split(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    messages.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return messages;
}
