import type { Output } from './output.ts';

/** Standard output, which is opened when something is first written or asked of it: the daemon writes nothing there. */
export class StandardOutput implements Output {
  #stream: NodeJS.WriteStream | undefined;
  #unread = false;

  get terminal(): boolean {
    return this.#opened.isTTY === true;
  }

  write(text: string): void {
    this.#opened.write(text);
  }

  async drained(): Promise<boolean> {
    const stream = this.#opened;
    if (stream.writableNeedDrain && !this.#unread) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stream.off('drain', done).off('error', done);
          resolve();
        };
        stream.on('drain', done).on('error', done);
      });
    }
    return !this.#unread;
  }

  get #opened(): NodeJS.WriteStream {
    if (this.#stream === undefined) {
      this.#stream = process.stdout;
      // A reader that has had enough, as in `mymachines list | head -1`, is no failure.
      this.#stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        this.#unread = true;
      });
    }
    return this.#stream;
  }
}
