import type { HoldUp } from '../../linux/hold-ups.ts';
import type { Log } from './log.ts';

/**
 * Logs that everybody had to wait, and for what. It is a warning where our own work took half a second: less happens on
 * a busy host, and most of it is that the process was not given a processor.
 */
export function logHoldUp(log: Log, { by, milliseconds, processor }: HoldUp): void {
  const fields = { by, ms: Math.round(milliseconds), processor: Math.round(processor) };
  if (processor >= WARNING) log.warning('held up', fields);
  else log.info('held up', fields);
}

/** Milliseconds. */
const WARNING = 500;
