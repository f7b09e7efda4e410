import { createConnection } from 'node:net';

/** How long answers took, in milliseconds. */
export interface AnswerTimes {
  readonly median: number;
  /** Nine of ten are as fast or faster. */
  readonly percentile90: number;
  readonly slowest: number;
  /** The different replies. */
  readonly replies: readonly string[];
}

/** Asks the same question again and again over one Varlink connection, each time when the last answer has come. */
export function timeAnswers(path: string, method: string, parameters: object, count: number): Promise<AnswerTimes> {
  const message = `${JSON.stringify({ method, parameters })}\0`;
  const times: number[] = [];
  const replies = new Set<string>();
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    let since = 0;
    const next = (): void => {
      since = performance.now();
      socket.write(message);
    };
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\0')) return;
      times.push(performance.now() - since);
      replies.add(text.slice(0, -1));
      text = '';
      if (times.length < count) {
        next();
        return;
      }
      socket.destroy();
      times.sort((a, b) => a - b);
      const at = (index: number): number => Number(times[index]?.toFixed(2));
      resolve({
        median: at(Math.floor(count / 2)),
        percentile90: at(Math.ceil(count * 0.9) - 1),
        slowest: at(count - 1),
        replies: [...replies],
      });
    });
    socket.on('error', reject).on('close', () => reject(new Error(`${method}: the connection was closed`)));
    socket.once('connect', next);
  });
}
