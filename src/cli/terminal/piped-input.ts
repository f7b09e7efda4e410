import type { Readable } from 'node:stream';
import type { TerminalStream } from '../../linux/terminal-stream.ts';

/**
 * Has what comes from a pipe or a file typed on a terminal, and then its end (Ctrl-D), so that a program that reads to the
 * end ends. Gives what stops it.
 *
 * Whoever starts a shell on a terminal throws away what has been typed before (tcflush(3); systemd does). So nothing is
 * typed before there has been output and then none for a while, or nothing happens at all.
 * @param heard is called for output, when it is in the set
 */
export function pipedInput(input: Readable, terminal: TerminalStream, onOutput: Set<() => void>): () => void {
  let last = NEWLINE;
  const typed = (chunk: Buffer): void => {
    last = chunk.at(-1) ?? last;
    terminal.write(chunk);
    if (terminal.waiting > HIGH_WATER) {
      input.pause();
      resuming = setInterval(() => {
        if (terminal.waiting > 0) return;
        clearInterval(resuming);
        input.resume();
      }, LOOK_AGAIN);
    }
  };
  // In the middle of a line the first one only hands over what there is of it (termios(3), VEOF).
  const ended = (): void => terminal.write(Buffer.from(last === NEWLINE ? '\u0004' : '\u0004\u0004'));
  let resuming: NodeJS.Timeout | undefined;
  let begun = false;
  const begin = (): void => {
    begun = true;
    onOutput.delete(heard);
    input.on('data', typed).on('end', ended).resume();
  };
  const heard = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(begin, QUIET);
  };
  let quiet = setTimeout(begin, SILENT);
  onOutput.add(heard);
  return () => {
    clearTimeout(quiet);
    clearInterval(resuming);
    onOutput.delete(heard);
    if (begun) input.off('data', typed).off('end', ended);
    // What was not read stays unread, and keeps nobody waiting.
    input.pause();
    input.destroy();
  };
}

const NEWLINE = 0x0a;
/** Milliseconds without output, after some, and without any. */
const QUIET = 200;
const SILENT = 2000;
/** Bytes. */
const HIGH_WATER = 64 * 1024;
/** Milliseconds. */
const LOOK_AGAIN = 20;
