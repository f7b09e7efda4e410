import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { connectUnix } from '../../src/linux/unix-connect.ts';
import { type ListenOptions, UnixListener } from '../../src/linux/unix-listener.ts';
import type { UnixStream } from '../../src/linux/unix-stream.ts';
import {
  errorsOf,
  implement,
  listen,
  PreparedReply,
  type ServerOptions,
  VarlinkClient,
  VarlinkError,
  VarlinkServer,
} from '../../src/varlink/index.ts';
import { socketPath } from './raw-peer.ts';

const description = `interface com.example.passing
method Give(numbers: []int, error: ?bool, prepared: ?bool, length: ?int) -> (at: []int, text: ?string)
method Later(number: int) -> (at: int)
method Each(numbers: []int) -> (at: int)
method Take(at: []int) -> (files: []int)
method Early(number: int) -> (at: int)
error Sorry()`;

const sorry = errorsOf(description)('Sorry');

/** Files that tests pass, by number; which of them is open is seen by inode, however many other files are. */
export class Files {
  readonly #folder = mkdtempSync(join(tmpdir(), 'descriptors-'));
  readonly #inodes: number[] = [];

  constructor() {
    for (let number = 0; number < 4; number++) {
      writeFileSync(join(this.#folder, String(number)), '');
      const fd = this.open(number);
      this.#inodes.push(fstatSync(fd).ino);
      closeSync(fd);
    }
    onTestFinished(() => rmSync(this.#folder, { recursive: true }));
  }

  open(number: number): number {
    return openSync(join(this.#folder, String(number)), 'r');
  }

  /** Which file it is. */
  of(descriptor: number): number {
    return this.#inodes.indexOf(fstatSync(descriptor).ino);
  }

  /** How many descriptors of this process are of these files. */
  get inUse(): number {
    let count = 0;
    for (let fd = 0; fd < 4096; fd++) {
      try {
        if (this.of(fd) >= 0) count++;
      } catch {
        // Not open.
      }
    }
    return count;
  }
}

export async function startPassing(options: ServerOptions & ListenOptions & { readonly net?: boolean } = {}) {
  const files = new Files();
  const path = socketPath();
  const loop = new EventLoop();
  const failures: unknown[] = [];
  const served = { let: (): void => {}, ended: 0, early: new AbortController() };
  const handlers = implement(description, {
    Give({ numbers, error, prepared, length }, call) {
      const at = numbers.map((number: number) => call.pass(files.open(number)));
      if (error) throw sorry;
      const reply = { at, ...(length && { text: '.'.repeat(length) }) };
      return prepared ? new PreparedReply(reply) : reply;
    },
    async Later({ number }, call) {
      await new Promise<void>((resolve) => {
        served.let = resolve;
      });
      const at = call.pass(files.open(number));
      served.ended++;
      return { at };
    },
    *Each({ numbers }, call) {
      for (const number of numbers) yield { at: call.pass(files.open(number)) };
      return { at: -1 };
    },
    Take({ at }, call) {
      const files_ = at.map((index: number) => {
        const descriptor = call.take(index);
        if (descriptor === undefined) return -1;
        const file = files.of(descriptor);
        closeSync(descriptor);
        return file;
      });
      return { files: files_ };
    },
    Early({ number }, call) {
      call.answer({ at: call.pass(files.open(number)) });
      call.pass(files.open(number));
      return { at: 9 };
    },
  });
  const server = new VarlinkServer(
    { vendor: '', product: '', version: '', url: '' },
    {
      ...options,
      onInternalError: (error) => {
        failures.push(error);
        return new VarlinkError('com.example.Failed');
      },
    },
  ).add(handlers);
  server.serve(options.net ? await listen({ path }) : UnixListener.bind(loop, path, options));
  onTestFinished(async () => {
    server.close();
    await sleep(10);
    loop.close();
  });
  const client = (): VarlinkClient => {
    const made = new VarlinkClient(connectUnix(loop, { path }));
    onTestFinished(() => made.close());
    return made;
  };
  /** A peer that sends what it likes. */
  const raw = (): { stream: UnixStream; text: () => string; over: () => boolean } => {
    const stream = connectUnix(loop, { path });
    let text = '';
    let over = false;
    stream.start({
      data: (chunk) => {
        text += Buffer.from(chunk).toString();
      },
      drain: () => {},
      closed: () => {
        over = true;
      },
    });
    onTestFinished(() => stream.destroy());
    return { stream, text: () => text.replaceAll('\0', '|'), over: () => over };
  };
  return { files, path, server, client, raw, served, failures };
}

export const give = 'com.example.passing.Give';
export const take = 'com.example.passing.Take';
/** A call as bytes. */
export const message = (method: string, parameters: object): Buffer =>
  Buffer.from(`${JSON.stringify({ method, parameters })}\0`);

/** Takes descriptors, and says which files they are. */
export function taking(files: Files): { files: number[]; take: (descriptors: readonly number[]) => void } {
  const seen: number[] = [];
  return {
    files: seen,
    take: (descriptors) => {
      for (const descriptor of descriptors) {
        seen.push(files.of(descriptor));
        closeSync(descriptor);
      }
    },
  };
}
