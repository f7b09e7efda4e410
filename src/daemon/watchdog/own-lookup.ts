import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, VarlinkClient } from '../../varlink/index.ts';

/** A question that the daemon asks itself, as any client would: over a connection of its own through the socket. */
export interface OwnLookup {
  /** The path of the socket. */
  readonly socket: string;
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The error that is the right answer, for a question about what there is not; undefined: a reply is. */
  readonly error?: string;
}

/** What came of a lookup. */
export type LookupOutcome =
  /** The right answer came. */
  | { readonly kind: 'answered' }
  /** There is no descriptor left to ask with, which says nothing of the answers. */
  | { readonly kind: 'unasked' }
  | { readonly kind: 'failed'; readonly reason: Error };

/** Asks, and waits `patience` milliseconds for the answer. Never rejected. */
export async function ownLookup(lookup: OwnLookup, patience: number): Promise<LookupOutcome> {
  const { socket, method, parameters, error: expected } = lookup;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${patience} ms`)), patience);
  const { signal } = late;
  let client: VarlinkClient | undefined;
  try {
    client = await connect(socket, signal);
    await client.call(method, parameters, { signal });
    if (expected === undefined) return { kind: 'answered' };
    return { kind: 'failed', reason: new Error(`${method} gave a reply, not ${expected}`) };
  } catch (error) {
    const reason = error as Error & { error?: string };
    if (reason.error !== undefined && reason.error === expected) return { kind: 'answered' };
    if (['EMFILE', 'ENFILE'].includes(codeOf(reason))) return { kind: 'unasked' };
    return { kind: 'failed', reason };
  } finally {
    clearTimeout(timer);
    client?.close();
  }
}

/** Connects, and waits for its turn where as many wait already as can: who floods the socket is no fault of ours. */
async function connect(socket: string, signal: AbortSignal): Promise<VarlinkClient> {
  for (;;) {
    try {
      return await VarlinkClient.connect(socket, { signal });
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error;
    }
    await sleep(RETRY);
    signal.throwIfAborted();
  }
}

/** Milliseconds. */
const RETRY = 10;

function codeOf(error: unknown): string {
  return (error instanceof ConnectionError && (error.cause as NodeJS.ErrnoException | undefined)?.code) || '';
}
