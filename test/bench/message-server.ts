import { createServer, type Server } from 'node:net';

/** A server that replies to every NUL-terminated message with what `answer` makes of it. */
export function serveMessages(path: string, answer: (message: string) => string): Promise<Server> {
  const server = createServer((socket) => {
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      const messages = `${rest}${text}`.split('\0');
      rest = messages.pop() as string;
      for (const message of messages) socket.write(`${answer(message)}\0`);
    });
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
