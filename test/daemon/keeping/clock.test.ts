import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DaemonProcess, openDirectory } from '../../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../../support/namespaces.ts';
import { hasProgram } from '../../support/programs.ts';
import { Connection, call, listMachines } from './calls.ts';
import { kept } from './kept.ts';

const unavailable = containersUnavailable() ?? (hasProgram('faketime') ? undefined : 'there is no faketime here');
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const YEAR = 365 * 24 * 3600;

/** The daemon alone has another time of day, which a file says and which it asks anew each time (faketime(1)). */
describe.skipIf(unavailable !== undefined)('a time of day that jumps', { timeout: 60_000 }, () => {
  const directory = openDirectory('mymachines-clock-');
  const clock = join(directory, 'clock');
  let daemon: DaemonProcess;
  let containers: Container[];

  const start = () =>
    DaemonProcess.start(directory, {
      // The program faketime itself would stay, and be what is killed.
      through: [
        ...[
          'env',
          `LD_PRELOAD=${execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim()}`,
        ],
        ...['FAKETIME_DONT_FAKE_MONOTONIC=1', 'FAKETIME_NO_CACHE=1', `FAKETIME_TIMESTAMP_FILE=${clock}`],
      ],
    });
  /** Seconds from what it is. */
  const jump = (seconds: number) => writeFileSync(clock, `${seconds < 0 ? '' : '+'}${seconds}s`);
  const realtimes = async () =>
    [...(await listMachines(daemon.machineSocket))].map(([name, { timestamp }]) => {
      const { realtime } = timestamp as { realtime: number };
      return [name, Math.round((realtime / 1e6 - Date.now() / 1e3) / YEAR) + 0];
    });

  beforeAll(async () => {
    jump(0);
    daemon = await start();
    containers = await startContainers(5);
  });
  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(directory, { recursive: true });
  });

  const register = async (name: string, { pid }: Container) =>
    expect(
      await call(daemon.machineSocket, 'io.systemd.Machine.Register', { name, class: 'container', leader: pid }),
    ).toEqual([{}]);

  test('stalls no lookup, loses no machine, and changes no order', async () => {
    const [one, two, three, four, mortal] = containers as [Container, Container, Container, Container, Container];
    const users = (await Connection.open(daemon.userdbSocket)) as Connection;
    const lookUp = async () => {
      const parameters = { userName: 'vu-one-0', service: 'io.systemd.Machine' };
      return (await users.call('io.systemd.UserDatabase.GetUserRecord', parameters))?.[0]?.parameters;
    };
    await register('one', one);
    await register('mortal', mortal);
    const record = await lookUp();
    expect(record).toHaveProperty('record');
    for (const [name, years, container] of [
      ['two', -40, two],
      // Beyond what 32 bits can count.
      ['three', 30, three],
      ['four', -5, four],
    ] as const) {
      jump(years * YEAR);
      const before = performance.now();
      for (let count = 0; count < 200; count++) expect(await lookUp()).toEqual(record);
      expect(performance.now() - before).toBeLessThan(10_000);
      await register(name, container);
    }
    const all = [
      ['one', 0],
      ['mortal', 0],
      ['two', -40],
      ['three', 30],
      ['four', -5],
    ];
    expect(await realtimes()).toEqual(all);
    await mortal.stop();
    const living = all.filter(([name]) => name !== 'mortal');
    await vi.waitFor(async () => expect(await realtimes()).toEqual(living), 5000);
    users.close();
    // A start finds its machines whatever the time was when they were registered.
    for (const years of [-50, 100]) {
      jump(years * YEAR);
      await daemon.stop('SIGKILL');
      daemon = await start();
      expect((await realtimes()).toSorted()).toEqual(living.toSorted());
      expect(kept(directory)).toEqual(['four', 'one', 'three', 'two']);
    }
  });
});
