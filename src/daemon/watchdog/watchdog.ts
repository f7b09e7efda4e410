import { descriptorsInUse } from '../../linux/limits.ts';
import { describeError, type Log } from '../log/log.ts';
import { type OwnLookup, ownLookup } from './own-lookup.ts';

/** What the watchdog does its work with. */
export interface WatchdogParts {
  /** Milliseconds within which the service manager wants to hear of us, as {@link watchdogTime} gives them. */
  readonly time: number;
  readonly lookups: readonly OwnLookup[];
  /** Tells the service manager that all is well; returns what went wrong. */
  readonly feed: () => Error | undefined;
  readonly log: Log;
}

/**
 * Within how many milliseconds the service manager wants to hear of this process, by sd_watchdog_enabled(3); undefined
 * where it does not watch it. systemd: `WatchdogSec=` of the unit.
 */
export function watchdogTime(environment: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { WATCHDOG_USEC: time = '', WATCHDOG_PID: whom } = environment;
  if (whom !== undefined && whom !== String(pid)) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(time)) return undefined;
  // A longer timer would end at once, and nobody waits that long.
  return Math.min(Number(time) / 1000, 2 ** 31 - 1);
}

/**
 * Tells the service manager that we are alive, twice in the time that it gives us, for as long as each of our sockets
 * answers a lookup of our own. That the event loop turns is not enough: what counts is that answers flow. Returns what
 * ends it. There is a timer only where it is called: nobody else is woken up.
 *
 * Where there is no descriptor left to ask with, it is told that we are alive: others are answered over the connections
 * that they have, and what uses the descriptors up would be there again after a restart.
 */
export function startWatchdog({ time, lookups, feed, log }: WatchdogParts): () => void {
  const interval = time / 2;
  let asking = false;
  let stopped = false;
  let trouble = '';
  const tell = (problem: string, text: string, fields: Record<string, string>): void => {
    if (problem !== trouble) log.err(text, fields);
    trouble = problem;
  };
  const look = async (): Promise<void> => {
    const outcomes = await Promise.all(lookups.map((lookup) => ownLookup(lookup, interval)));
    if (stopped) return;
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind !== 'failed' || isShortOfDescriptors(lookups.length)) continue;
      const { socket } = lookups[index] as OwnLookup;
      const error = describeError(outcome.reason);
      tell(`${socket} ${error}`, 'a lookup of our own is not answered', { socket, error });
      return;
    }
    const failure = feed();
    if (failure === undefined) trouble = '';
    else tell(failure.message, 'cannot tell the service manager', { error: failure.message });
  };
  const turn = (): void => {
    if (asking) return;
    asking = true;
    void look().finally(() => {
      asking = false;
    });
  };
  const timer = setInterval(turn, interval);
  turn();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** Whether there may have been a descriptor for one end of a lookup's connection, and none for the other. */
function isShortOfDescriptors(connections: number): boolean {
  const { open, limit } = descriptorsInUse();
  return limit - open < 2 * connections;
}
