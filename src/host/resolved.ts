import { readFileSync } from 'node:fs';
import type { EventLoop } from '../linux/event-loop.ts';
import { addressText } from '../machine/address-text.ts';
import { VarlinkClient, VarlinkError } from '../varlink/index.ts';
import { lookAtSocket, type SocketFact } from './socket-state.ts';

/** What somebody told when asked for a machine by its name. */
export type LookupFact =
  | { readonly kind: 'found'; readonly name: string; readonly addresses: readonly string[] }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string };

/** systemd-resolved, as it is on this host. */
export interface ResolvedFacts {
  /** io.systemd.Resolve */
  readonly socket: SocketFact;
  /** $SYSTEMD_RESOLVED_HOOK says that it asks no hook; where that can be read. */
  readonly hooksOff: boolean;
  /** What it told of a machine; undefined where there is none to ask for. */
  readonly lookup: LookupFact | undefined;
}

/** Where systemd-resolved answers. */
export const resolvedSocket = '/run/systemd/resolve/io.systemd.Resolve';

/** Milliseconds. systemd-resolved waits for a hook that does not answer for 30 seconds; that is far too long anyway. */
const PATIENCE = 8000;

/**
 * Asks systemd-resolved who it is, and for a machine that has addresses, if there is one.
 * @param pid of its process, where that is known; the socket may be systemd's
 */
export async function lookAtResolved(
  { name, pid, path = resolvedSocket }: { name?: string | undefined; pid?: number | undefined; path?: string },
  loop: EventLoop,
): Promise<ResolvedFacts> {
  const socket = await lookAtSocket(path, loop);
  const lookup = socket.state.kind === 'live' && name !== undefined ? await askFor(path, name) : undefined;
  return { socket, hooksOff: pid !== undefined && hooksOff(pid), lookup };
}

async function askFor(path: string, name: string): Promise<LookupFact> {
  let client: VarlinkClient | undefined;
  try {
    client = await VarlinkClient.connect(path);
    const { addresses } = await client.call(
      'io.systemd.Resolve.ResolveHostname',
      { name, flags: NO_CACHE | NO_NETWORK },
      { timeout: PATIENCE },
    );
    return { kind: 'found', name, addresses: addressTexts(addresses) };
  } catch (error) {
    if (error instanceof VarlinkError) return { kind: 'failed', name, reason: error.message };
    const late = error instanceof DOMException;
    return {
      kind: 'failed',
      name,
      reason: late ? `no answer in ${PATIENCE / 1000} seconds` : (error as Error).message,
    };
  } finally {
    client?.close();
  }
}

/** SD_RESOLVED_NO_CACHE and SD_RESOLVED_NO_NETWORK: hooks are asked, and no servers. */
const NO_CACHE = 1 << 12;
const NO_NETWORK = 1 << 15;

function addressTexts(addresses: unknown): string[] {
  if (!Array.isArray(addresses)) return [];
  return addresses.flatMap((one: { address?: unknown }) =>
    Array.isArray(one?.address) ? addressText(Uint8Array.from(one.address)) : [],
  );
}

/** By its environment, which only root may read. */
function hooksOff(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .some((one) => HOOK_OFF.test(one));
  } catch {
    return false;
  }
}

/** What systemd takes for a no (systemd.syntax(7), booleans). */
const HOOK_OFF = /^SYSTEMD_RESOLVED_HOOK=(0|no|n|false|f|off)$/i;
