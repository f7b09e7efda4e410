import { describe, expect, it } from 'vitest';
import { dbusDaemonUnavailable } from '../support/dbus-daemon.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { soak } from './soak.ts';

const reason = containersUnavailable() ?? dbusDaemonUnavailable();
if (reason !== undefined) console.warn(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)(
  'a daemon under load, the short form of npm run soak',
  { timeout: 90_000 },
  () => {
    it('says at every door what is right, through three restarts of the bus, and keeps nothing', async () => {
      const { faults, done, doors, busRestarts } = await soak({
        milliseconds: 15_000,
        places: 20,
        between: 1000,
        // V8's spaces have not taken their sizes by then.
        memoryGrowth: 64 * 1024 * 1024,
        onReading: () => {},
      });
      expect(faults).toEqual([]);
      expect(busRestarts).toBe(3);
      expect(Object.values(done).every((count) => count > 0)).toBe(true);
      expect(Object.values(doors).filter(({ answers }) => answers < 50)).toEqual([]);
      const answers = Object.entries(doors).map(([door, figures]) => `${figures.answers} of ${door}`);
      console.info(`${JSON.stringify(done)}; right answers: ${answers.join(', ')}`);
    });
  },
);
