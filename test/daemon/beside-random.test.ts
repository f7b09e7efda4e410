import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable() ?? dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const step = fc.record({
  kind: fc.constantFrom('register', 'register', 'register', 'unregister', 'unregister', 'end', 'restart'),
  /** Where: systemd-machined's place, or beside it. */
  beside: fc.boolean(),
  name: fc.constantFrom('a', 'b', 'c'),
  container: fc.nat(4),
});

describe.skipIf(unavailable !== undefined)('machines that come and go on both sides', () => {
  let bus: DBusDaemon;
  let directory: string;
  let machined: DaemonProcess;
  let beside: DaemonProcess;
  const start = () =>
    DaemonProcess.start(directory, { bus: bus.address, more: ['--source=machine1', '--source=embedded'] });

  beforeAll(async () => {
    bus = await DBusDaemon.start();
    directory = openDirectory('mymachines-random-test-');
    machined = await DaemonProcess.start(directory, { bus: bus.address });
    beside = await start();
  });
  afterAll(async () => {
    await stopAllContainers();
    await beside?.stop();
    await machined?.stop();
    await bus?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('are what both have at the moment, whatever happens in whatever order', { timeout: 120_000 }, async () => {
    const containers: Container[] = await startContainers(5);
    /** The leaders by name: what systemd-machined has, and what the daemon beside it has of its own. */
    const [theirs, ours] = [new Map<string, number>(), new Map<string, number>()];
    const visible = (): Map<string, number> => {
      const taken = new Set(theirs.values());
      return new Map([...[...ours].filter(([name, pid]) => !theirs.has(name) && !taken.has(pid)), ...theirs]);
    };
    const listed = async (): Promise<Map<string, number>> => {
      const pids = ['a', 'b', 'c'].map(async (name) => {
        const { parameters } = await ask(beside.machineSocket, 'io.systemd.Machine.List', { name });
        return [name, (parameters as { leader: { pid: number } } | undefined)?.leader.pid] as const;
      });
      return new Map((await Promise.all(pids)).flatMap(([name, pid]) => (pid === undefined ? [] : [[name, pid]])));
    };
    const steps = fc.sample(step, { numRuns: 80, seed: 20_261_121 });
    for (const { kind, beside: here, name, container } of steps) {
      const [daemon, own] = here ? [beside, ours] : [machined, theirs];
      const pid = containers[container]?.pid as number;
      const done = JSON.stringify([kind, here, name, container]);
      if (kind === 'register') {
        const { error } = await ask(daemon.machineSocket, 'io.systemd.Machine.Register', {
          name,
          class: 'container',
          leader: pid,
        });
        const taken = here ? [...ours, ...visible()] : [...theirs];
        const inUse = taken.some(([key, leader]) => key === name || leader === pid);
        expect(error !== undefined, done).toBe(inUse);
        if (!inUse) own.set(name, pid);
      } else if (kind === 'unregister') {
        const { error } = await ask(daemon.machineSocket, 'io.systemd.Machine.Unregister', { name });
        const allowed = here ? visible().has(name) && !theirs.has(name) : theirs.has(name);
        expect(error === undefined, done).toBe(allowed);
        if (allowed) own.delete(name);
      } else if (kind === 'end') {
        await containers[container]?.stop();
        for (const map of [theirs, ours]) {
          for (const [key, leader] of map) if (leader === pid) map.delete(key);
        }
        [containers[container]] = (await startContainers(1)) as [Container];
      } else if (here) {
        await beside.stop('SIGKILL');
        beside = await start();
      }
      await vi.waitFor(async () => expect(await listed(), done).toEqual(visible()), { timeout: 5000, interval: 5 });
    }
  });
});
