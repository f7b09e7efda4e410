import { createConnection } from 'node:net';

/**
 * Sends Varlink calls over one connection and gives the raw replies in order, errors among them, one for each call.
 * Throws when the server closes the connection first or is silent for ten seconds.
 * @param onReply told of each reply as it comes; with false nothing more is asked
 */
export function ask(
  socket: string,
  calls: readonly string[],
  onReply: (reply: string) => unknown = () => {},
): Promise<string[]> {
  if (calls.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const replies: string[] = [];
    let rest = '';
    let enough = false;
    const connection = createConnection(socket);
    const sendNext = () => connection.write(`${calls[replies.length]}\0`);
    connection.setEncoding('utf8');
    connection.setTimeout(10_000, () => connection.destroy(new Error(`no reply for 10 s from ${socket}`)));
    connection.on('connect', sendNext);
    connection.on('data', (text: string) => {
      const messages = `${rest}${text}`.split('\0');
      rest = messages.pop() as string;
      for (const message of messages) {
        replies.push(message);
        enough = onReply(message) === false || replies.length === calls.length;
        if (!enough) sendNext();
        else connection.destroy();
      }
    });
    connection.on('error', reject);
    connection.on('close', () => {
      if (enough) resolve(replies);
      else reject(new Error(`${socket} was closed after ${replies.length} of ${calls.length} replies`));
    });
  });
}
