import { closeSync } from 'node:fs';
import type { LoadResult } from './load-result.ts';
import type { Protocol, Session } from './protocol.ts';
import { connectTo, Readiness, receive, sendAll } from './sockets.ts';

/** What to load, and how. */
export interface Load {
  readonly protocol: Protocol;
  /** Path of the listening socket: a Varlink service's or a bus's. */
  readonly socket: string;
  readonly connections: number;
  /** Seconds of load before the counting begins. */
  readonly warmUp: number;
  /** Seconds that are counted. */
  readonly seconds: number;
  /** Calls as they go over the socket, sent in turn and over again. */
  readonly calls: readonly Uint8Array[];
}

/**
 * Closed-loop load: every connection has one call in flight and sends the next when the reply is there.
 *
 * Blocks the process. Replies are not parsed: whether one is complete or an error is told by the protocol, and one that
 * is not as long as the one before to the same call is an error, too. Throws when a connection is closed by the server
 * or nothing comes for five seconds.
 */
export function runClosedLoop({ protocol, socket, connections, warmUp, seconds, calls }: Load): LoadResult {
  if (calls.length === 0) throw new Error('there is no call to send');
  const ready = new Readiness();
  const fds: number[] = [];
  const sessions: Session[] = [];
  const inFlight = new Uint32Array(connections);
  const sizes = new Uint32Array(calls.length);
  const sentAt = new Float64Array(connections);
  const latencies = new Float64Array(MAX_LATENCIES);
  const input = new Uint8Array(64 * 1024);
  let next = 0;
  let total = 0;
  let counted = 0;
  let errors = 0;
  let firstError: string | undefined;

  const open = (key: number): void => {
    const fd = connectTo(socket);
    fds[key] = fd;
    sessions[key] = protocol.begin(fd);
    ready.add(fd, key);
  };
  const sendNext = (key: number, now: number): void => {
    const call = calls[next] as Uint8Array;
    inFlight[key] = next;
    next = next + 1 === calls.length ? 0 : next + 1;
    sessions[key]?.prepare(call);
    sentAt[key] = now;
    sendAll(fds[key] as number, call);
  };

  for (let key = 0; key < connections; key++) open(key);
  let now = performance.now();
  const start = now + warmUp * 1000;
  const end = start + seconds * 1000;
  for (const key of fds.keys()) sendNext(key, now);
  while (now < end) {
    const count = ready.wait(STALL);
    if (count === 0) throw new Error(`no reply for ${STALL} ms from ${socket}`);
    for (let index = 0; index < count; index++) {
      const key = ready.key(index);
      const length = receive(fds[key] as number, input);
      if (length === 0) throw new Error(`the server closed a connection: ${socket}`);
      const session = sessions[key] as Session;
      if (!session.take(input, length)) continue;
      now = performance.now();
      const call = inFlight[key] as number;
      const error = session.error ?? unlike(sizes[call] as number, session.size);
      if (error === undefined) sizes[call] = session.size;
      else {
        errors += 1;
        firstError ??= error;
      }
      total += 1;
      if (now >= start && counted < MAX_LATENCIES) latencies[counted++] = now - (sentAt[key] as number);
      if (protocol.once) {
        closeSync(fds[key] as number);
        open(key);
      }
      sendNext(key, now);
    }
  }
  for (const fd of fds) closeSync(fd);

  const sorted = latencies.subarray(0, counted).sort();
  const microseconds = (share: number) => Math.round((sorted[Math.floor((counted - 1) * share)] ?? 0) * 10_000) / 10;
  return {
    calls: counted,
    total,
    seconds: (now - start) / 1000,
    errors,
    ...(firstError === undefined ? {} : { firstError }),
    p50: microseconds(0.5),
    p99: microseconds(0.99),
    max: microseconds(1),
  };
}

function unlike(before: number, size: number): string | undefined {
  return before === 0 || before === size ? undefined : `an answer of ${size} bytes, and of ${before} before`;
}

const MAX_LATENCIES = 1 << 22;
const STALL = 5000;
