import { describe, expect, it } from 'vitest';
import { containersUnavailable } from '../support/namespaces.ts';
import { doors } from './doors.ts';

// The short form of `npm run fuzz`: the same inputs each time.

const unavailable = containersUnavailable();
if (unavailable !== undefined) {
  if (process.env['CI']) throw new Error(unavailable);
  console.warn(`skipped: ${unavailable}`);
}

describe.skipIf(unavailable !== undefined)('whoever comes to the door', () => {
  it.each(doors.map((door) => [door.name, door] as const))(
    '%s: what must hold holds',
    async (_name, door) => {
      const came = await door.run({ seed: 20_261_121, runs: door.shortRuns });
      expect([...came.values()].reduce((sum, count) => sum + count, 0)).toBe(door.shortRuns);
    },
    60_000,
  );
});
