import { readFileSync } from 'node:fs';

/**
 * What share of all processors' time is being used, from 0 to 1. What has just been booted or compiled is let come to
 * rest, for half a minute at most.
 */
export async function settledProcessorUse(): Promise<number> {
  for (let second = 1; ; second++) {
    const share = await processorUse();
    if (share < QUIET || second === PATIENCE) return share;
  }
}

/** The share below which a machine is quiet. */
export const QUIET = 0.1;
/** Seconds. */
const PATIENCE = 30;

/** The same, over a second (proc_stat(5)). */
async function processorUse(): Promise<number> {
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = times();
  const all = after.all - before.all;
  return all > 0 ? 1 - (after.idle - before.idle) / all : 0;
}

// cpu user nice system idle iowait …: the fourth and the fifth are idleness, guest time is counted in user already.
function times(): { all: number; idle: number } {
  const fields = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? [];
  const all = fields.reduce((sum, field) => sum + field, 0);
  return { all, idle: (fields[3] ?? 0) + (fields[4] ?? 0) };
}
