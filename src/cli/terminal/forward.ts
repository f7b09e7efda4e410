import type { EventLoop } from '../../linux/event-loop.ts';
import { TerminalStream } from '../../linux/terminal-stream.ts';
import { Escape } from './escape.ts';
import { pipedInput } from './piped-input.ts';

/** The terminal, or whatever else it is, at which somebody sits. */
export interface Seat {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** How a session ended: its programs did, or somebody pressed Ctrl-] three times, or there is no reader any more. */
export type SessionEnd = 'ended' | 'left' | 'unread';

/** What to do about a terminal that nobody in the machine has open: for how many milliseconds to wait for somebody. */
export type Patience = (hadOutput: boolean) => Promise<number>;

/**
 * Has what is typed go to a pseudo terminal and its output come back, until it ends, with the size of the window. The
 * descriptor is closed afterwards, and the seat's terminal as it was.
 * @throws SystemError
 */
export async function forward(
  loop: EventLoop,
  descriptor: number,
  { input, output }: Seat,
  patience: Patience,
): Promise<SessionEnd> {
  const cleaning: (() => void)[] = [];
  try {
    return await new Promise<SessionEnd>((resolve, reject) => {
      let hadOutput = false;
      let waiting: NodeJS.Timeout | undefined;
      let hungUp = false;
      const onOutput = new Set<() => void>();
      const terminal = new TerminalStream(loop, descriptor, {
        data: (chunk) => {
          hadOutput = true;
          for (const heard of onOutput) heard();
          if (!output.write(chunk)) terminal.pause();
        },
        hungUp: (now) => {
          hungUp = now;
          clearTimeout(waiting);
          if (!now) return;
          void patience(hadOutput).then((time) => {
            if (hungUp && time < Number.POSITIVE_INFINITY) waiting = setTimeout(() => resolve('ended'), time);
          }, reject);
        },
        failed: reject,
      });
      cleaning.push(
        () => clearTimeout(waiting),
        () => terminal.close(),
      );

      const drained = (): void => terminal.resume();
      const unread = (): void => resolve('unread');
      output.on('drain', drained).on('error', unread);
      cleaning.push(() => output.off('drain', drained).off('error', unread));
      if (output.isTTY) {
        const resized = (): void => terminal.setSize(output.rows, output.columns);
        resized();
        output.on('resize', resized);
        cleaning.push(() => output.off('resize', resized));
      }
      cleaning.push(
        input.isTTY ? typedInput(input, terminal, () => resolve('left')) : pipedInput(input, terminal, onOutput),
      );
    });
  } finally {
    for (const clean of cleaning.reverse()) clean();
  }
}

/** Every key as it is pressed. Gives what puts the terminal back. */
function typedInput(input: NodeJS.ReadStream, terminal: TerminalStream, leave: () => void): () => void {
  const wayOut = new Escape();
  const typed = (chunk: Buffer): void => {
    if (wayOut.found(chunk, performance.now())) leave();
    else terminal.write(chunk);
  };
  const restore = (): void => {
    input.setRawMode(false);
  };
  // Whoever ends us is not to leave a terminal behind that shows nothing of what is typed.
  const ended = (signal: NodeJS.Signals): void => {
    restore();
    process.kill(process.pid, signal);
  };
  input.setRawMode(true);
  input.on('data', typed).resume();
  for (const signal of ENDING) process.once(signal, ended);
  return () => {
    for (const signal of ENDING) process.off(signal, ended);
    input.off('data', typed).pause();
    restore();
  };
}

const ENDING = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;
