import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { closeDescriptors } from '../../linux/descriptor-passing.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { forkOptions } from '../../linux/fork.ts';
import { SOCK_NONBLOCK } from '../../linux/socket.ts';
import { openSocketPair } from '../../linux/socket-pair.ts';
import { UnixStream } from '../../linux/unix-stream.ts';
import type { EnterAnswer, EnterRequest } from './request.ts';

/** An answer, and the descriptors that came with it, which are the taker's to close. */
export interface Entered {
  readonly answer: EnterAnswer;
  readonly descriptors: readonly number[];
}

/** What the process is, and how long it may take. */
export interface EnteringOptions {
  readonly loop: EventLoop;
  /** What it runs: program.js. */
  readonly program: string;
  /** Milliseconds from its start to its answer. */
  readonly patience: number;
}

/** One run of program.ts, which does one thing in a machine. */
export class EnteringProcess {
  /** Its answer: that it is late where none comes in time. Rejects where it could not be started, or died. */
  readonly entered: Promise<Entered>;
  /** It is gone. One that is stuck in a file system lives on after its answer, whatever signal comes. */
  readonly gone: Promise<void>;

  /** Throws where there is no memory or no descriptor for it. */
  constructor(request: EnterRequest, { loop, program, patience }: EnteringOptions) {
    const [ours, theirs] = openSocketPair(SOCK_NONBLOCK);
    let child: ChildProcess;
    try {
      const stdio = [theirs, 'ignore', 'ignore'] as const;
      child = spawn(process.execPath, [...forkOptions, program], { stdio: [...stdio], env: {}, cwd: '/' });
    } catch (error) {
      // ENOMEM, which Node tells by no event.
      closeSync(ours);
      throw error;
    } finally {
      closeSync(theirs);
    }
    this.gone = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    // It is waited for where somebody wants its answer, which keeps this process alive.
    child.unref();
    // Of one that could not be started Node would kill process 0.
    const end = (): boolean => child.pid !== undefined && child.kill('SIGKILL');
    this.entered = ask(new UnixStream(loop, ours, { passDescriptors: true }), request, { patience, end });
  }
}

/** Sends the request and waits for the line that answers it. The connection ends with that. */
async function ask(
  stream: UnixStream,
  request: EnterRequest,
  { patience, end }: { readonly patience: number; readonly end: () => void },
): Promise<Entered> {
  let text = '';
  const descriptors: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<EnterAnswer>((resolve, reject) => {
      timer = setTimeout(() => {
        // It is not well: one that could not do its work says so.
        end();
        resolve({ late: true });
      }, patience);
      stream.start({
        data(chunk, passed) {
          text += Buffer.from(chunk).toString('utf8');
          descriptors.push(...(passed?.numbers ?? []));
          // Who answers is ours; what it tells of the machine is numbers, and names of system calls.
          if (text.endsWith('\n')) resolve(JSON.parse(text) as EnterAnswer);
        },
        drain() {},
        closed: (error) => reject(new Error('the process that was to enter died', { cause: error })),
      });
      stream.send(Buffer.from(`${JSON.stringify(request)}\n`));
    });
    if ('done' in answer) return { answer, descriptors: descriptors.splice(0) };
    return { answer, descriptors: [] };
  } finally {
    clearTimeout(timer);
    stream.destroy();
    closeDescriptors(descriptors);
  }
}
