import { statSync } from 'node:fs';
import type { EventLoop } from '../linux/event-loop.ts';
import { everybodyMayConnect } from '../linux/socket-permissions.ts';
import { connectUnix } from '../linux/unix-connect.ts';
import { VarlinkClient, VarlinkError } from '../varlink/index.ts';
import { processName } from './process-name.ts';

/**
 * What is at the path of a Varlink service. `other`: something that is no socket. `dead`: a socket that nobody listens
 * at any more. `refused`: we may not connect. `silent`: whoever listens does not answer. `unasked`: it was not looked at.
 */
export type SocketState =
  | { readonly kind: 'absent' | 'other' | 'dead' | 'unasked' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'silent' | 'broken'; readonly reason: string }
  | { readonly kind: 'live'; readonly product: string; readonly version: string };

/** A Varlink socket, and who is there. */
export interface SocketFact {
  readonly path: string;
  readonly state: SocketState;
  /** Whether everybody may connect, by the permissions of the socket and of the directories above it. */
  readonly everybody: boolean;
  /** The process that began to listen, as in `systemd-machined (PID 812)`, where one can be connected to. */
  readonly owner?: string;
}

/** Milliseconds that a service has to say who it is. */
const PATIENCE = 5000;

/**
 * Connects to a socket and asks who is there (org.varlink.service.GetInfo). systemd starts the service for that where
 * it listens in its place.
 */
export async function lookAtSocket(path: string, loop: EventLoop): Promise<SocketFact> {
  const fact = { path, everybody: everybodyMay(path) };
  try {
    if (!statSync(path).isSocket()) return { ...fact, state: { kind: 'other' } };
    const stream = connectUnix(loop, { path });
    const owner = processName(stream.peer.pid);
    return { ...fact, owner, state: await whoIsThere(new VarlinkClient(stream)) };
  } catch (error) {
    return { ...fact, state: failure(error) };
  }
}

function failure(error: unknown): SocketState {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
  if (code === 'ECONNREFUSED') return { kind: 'dead' };
  if (code === 'EAGAIN') return { kind: 'silent', reason: 'too many wait for an answer' };
  return code === '' ? { kind: 'broken', reason: message } : { kind: 'refused', code };
}

async function whoIsThere(client: VarlinkClient): Promise<SocketState> {
  try {
    const { product, version } = await client.call('org.varlink.service.GetInfo', {}, { timeout: PATIENCE });
    return { kind: 'live', product: String(product), version: String(version) };
  } catch (error) {
    if (error instanceof DOMException) return { kind: 'silent', reason: `no answer in ${PATIENCE / 1000} seconds` };
    if (error instanceof VarlinkError) return { kind: 'live', product: '', version: '' };
    return { kind: 'broken', reason: (error as Error).message };
  } finally {
    client.close();
  }
}

function everybodyMay(path: string): boolean {
  try {
    return everybodyMayConnect(path);
  } catch {
    return false;
  }
}
