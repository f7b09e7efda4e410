import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { Process } from '../../../src/linux/process.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { Registry, type RegistryEvent } from '../../../src/machine/registry.ts';
import { Leaders } from '../../../src/sources/kernel/leaders.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { containersUnavailable } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** Lets that many milliseconds go by for those who look at the clock. */
function later(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(unavailable !== undefined)('a leader', () => {
  let loop: EventLoop;
  let registry: Registry;
  let leaders: Leaders;
  let child: ChildProcess;
  let events: RegistryEvent[];
  const problems: Error[] = [];
  const name = 'web' as MachineName;
  const facts = () => registry.get(name)?.facts;

  beforeEach(() => {
    loop = new EventLoop();
    registry = new Registry();
    leaders = new Leaders(loop, registry, { exit: () => {}, problem: (error) => problems.push(error) });
    // Goes into other namespaces when it is told to, and stays the same process.
    const script = 'read _; exec unshare --user --net sleep 60';
    child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', script], { stdio: ['pipe', 'ignore', 'inherit'] });
    const process = Process.open(child.pid as number);
    const machine = sampleMachine(name);
    registry.add({ ...machine, facts: leaders.enter(name, process, 'container') });
    events = [];
    registry.subscribe((event) => events.push(event));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    leaders.close();
    loop.close();
    child.kill('SIGKILL');
    expect(problems).toEqual([]);
  });

  /** Into namespaces of its own, with no id map yet. */
  async function move(): Promise<void> {
    child.stdin?.end('\n');
    await vi.waitFor(() => expect(readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n'), 5000);
  }

  test('that goes into other namespaces is seen there on refresh, and its id map when it is written', async () => {
    expect(facts()).toMatchObject({ sharesHostUsers: true, sharesHostNetwork: true });
    await move();
    leaders.refresh(name);
    await pause(100);
    expect(events).toEqual([]);
    later(10_000);
    leaders.refresh(name);
    expect(events).toEqual([]);
    await vi.waitFor(() => expect(facts()).toMatchObject({ sharesHostUsers: false, uidMap: [] }));
    expect(registry.userOwner(100_033)).toBeUndefined();
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${child.pid}/${map}`, '0 100000 65536');
    await vi.waitFor(() => expect(registry.userOwner(100_033)?.machine.name).toBe(name), 2000);
    expect(registry.groupOwner(100_033)?.insideId).toBe(33);
    await vi.waitFor(() => expect(facts()).toMatchObject({ sharesHostNetwork: false }));
  });

  test('that stays where it is is no change, however often it is asked for', async () => {
    later(10_000);
    for (let i = 0; i < 100; i++) leaders.refresh(name);
    await pause(100);
    expect(events).toEqual([]);
  });

  test('says how its addresses are known', () => {
    expect(leaders.addressSource(name)).toBe('netlink');
    expect(leaders.addressSource('nobody' as MachineName)).toBe('proc');
  });
});
