import { readSync } from 'node:fs';
import { sendWithDescriptors } from '../../linux/descriptor-passing.ts';
import { waitForChild } from '../../linux/fork.ts';
import { Process } from '../../linux/process.ts';
import { forbidTracing } from '../../linux/process-attributes.ts';
import { connectInside } from './connect.ts';
import type { EnterAnswer, EnterRequest } from './request.ts';

/**
 * The program of a process of its own, which joins a machine's namespaces, does one thing and ends. It is asked, and
 * answers, through the socket that is its standard input. Nothing here is asynchronous: what enters a machine is a copy
 * of this process (fork.ts), and has no event loop.
 */

/** Milliseconds. Whoever asks waits longer. */
const PATIENCE = 5000;
const CHANNEL = 0;

forbidTracing();
const { answer, descriptors, stuck } = handle(readRequest());
sendWithDescriptors(CHANNEL, Buffer.from(`${JSON.stringify(answer)}\n`), descriptors ?? []);
// As long as it is not gone this process counts.
if (stuck !== undefined) waitForChild(stuck);

interface Handled {
  readonly answer: EnterAnswer;
  readonly descriptors?: readonly number[];
  /** A process that is still to end. */
  readonly stuck?: number;
}

function handle({ leader: { pid, pidfdId }, path }: EnterRequest): Handled {
  let leader: Process | undefined;
  try {
    leader = Process.open(pid);
    if (leader.id !== pidfdId) return { answer: { gone: true } };
    const { outcome, socket } = connectInside(leader, path, PATIENCE);
    if (outcome.kind === 'late') return { answer: { late: true }, stuck: outcome.pid };
    if (!leader.alive()) return { answer: { gone: true } };
    if (outcome.kind === 'failed') return { answer: { failed: outcome.call, errno: outcome.errno } };
    return { answer: { done: 'connected' }, descriptors: [socket as number] };
  } catch (error) {
    const { code, errno = 5, syscall = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return { answer: { gone: true } };
    return { answer: { failed: syscall, errno: Math.abs(errno) } };
  } finally {
    leader?.close();
  }
}

/** One line. */
function readRequest(): EnterRequest {
  const bytes = Buffer.alloc(64 * 1024);
  let length = 0;
  while (length < bytes.length && bytes[length - 1] !== 0x0a) {
    const count = readSync(CHANNEL, bytes, length, bytes.length - length, null);
    // Nobody asks any more.
    if (count === 0) break;
    length += count;
  }
  return JSON.parse(bytes.toString('utf8', 0, length)) as EnterRequest;
}
