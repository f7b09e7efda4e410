import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { DBusDaemon } from '../support/dbus-daemon.ts';
import { loopbackAddress } from '../support/dig.ts';
import { Subscriber } from '../support/subscriber.ts';
import { Asker, type Door } from './asker.ts';
import { busDoor } from './askers/bus-door.ts';
import { tcpDoor, udpDoor } from './askers/dns-doors.ts';
import { hookDoor, machineDoor, userDoor } from './askers/varlink-doors.ts';
import { differences } from './checkpoint.ts';
import { Churn, type Done } from './churn.ts';
import { growth, type Reading, read } from './gauges.ts';
import { timerProbe } from './timer-probe.ts';
import { World } from './world.ts';

/** How a soak is to be. */
export interface SoakOptions {
  readonly milliseconds: number;
  /** Of names that machines come and go under. */
  readonly places: number;
  /** Milliseconds between two checkpoints, at which nothing changes and all must agree. */
  readonly between: number;
  /** Bytes by which memory may grow from the second third of the time to the last. */
  readonly memoryGrowth: number;
  /** Hears of each reading. */
  readonly onReading: (reading: Reading, seconds: number) => void;
}

/** What came of it. */
export interface SoakResult {
  readonly faults: readonly string[];
  readonly done: Done;
  /** By door: how many right answers, and milliseconds that the slowest took. */
  readonly doors: Readonly<Record<string, { readonly answers: number; readonly longest: number }>>;
  readonly busRestarts: number;
  readonly readings: readonly Reading[];
  /** Before the first machine, and after the last. */
  readonly rest: readonly [before: Reading, after: Reading];
}

/** Three, at the quarters of the time. */
const BUS_RESTARTS = 3;
/** Faults after which it is enough. */
const ENOUGH = 50;

/** A daemon with all its doors under load for some time, held to a model of what is right to say. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { milliseconds, places, between, memoryGrowth, onReading } = options;
  const faults: string[] = [];
  const fault = (text: string): void => void (faults.length < ENOUGH && faults.push(text));
  const bus = await DBusDaemon.start();
  const address = loopbackAddress();
  const directory = openDirectory('mymachines-soak-');
  const daemon = await startProbed(directory, bus.address, `${address}:53`);
  const world = new World(places);
  const churn = new Churn(world, daemon.machineSocket, fault);
  const doors: readonly Door[] = [
    userDoor(daemon.userdbSocket),
    machineDoor(daemon.machineSocket),
    hookDoor(daemon.hookSocket),
    udpDoor(address, 53),
    tcpDoor(address, 53),
    busDoor(bus.address),
  ];
  let shaken = false;
  const askers = new Map<string, Asker[]>();
  let subscriber: Subscriber | undefined;
  try {
    const before = await settled(daemon);
    subscriber = await Subscriber.start(daemon.machineSocket);
    churn.start();
    for (const door of doors) {
      const mayFail = (): boolean => shaken && door.name === 'org.freedesktop.machine1';
      askers.set(
        door.name,
        Array.from({ length: door.askers }, () => new Asker(door, world, mayFail, fault)),
      );
    }
    const readings: Reading[] = [];
    const start = performance.now();
    let restarts = 0;
    while ((performance.now() - start < milliseconds || restarts < BUS_RESTARTS) && faults.length < ENOUGH) {
      await sleep(between);
      const elapsed = performance.now() - start;
      if (restarts < BUS_RESTARTS && elapsed > ((restarts + 1) * milliseconds) / (BUS_RESTARTS + 1)) {
        shaken = true;
        await bus.kill();
        await sleep(Math.min(1000, between));
        await bus.start();
        await sleep(2000);
        shaken = false;
        restarts++;
      }
      await churn.pause();
      for (const text of await differences(world, daemon, bus.address, subscriber)) fault(text);
      const reading = await read(daemon, world.present.length);
      readings.push(reading);
      onReading(reading, Math.round(elapsed / 1000));
      churn.resume();
    }
    for (const asker of [...askers.values()].flat()) await asker.stop();
    await churn.stop();
    subscriber.stop();
    const after = await settled(daemon);
    for (const text of growth(readings, memoryGrowth)) fault(text);
    if (after.descriptors > before.descriptors + 2) fault(`descriptors at the end: ${after.descriptors}`);
    if (after.timers > before.timers + 2) fault(`timers at the end: ${after.timers}`);
    for (const [line] of daemon.wholeLog.matchAll(FAULT_LINE)) fault(line);
    const status = await daemon.stop();
    if (status !== 0) fault(`the daemon ended with ${status}`);
    const figures = [...askers].map(([name, all]) => [name, sumOf(all)] as const);
    const rest = [before, after] as const;
    return { faults, done: churn.done, doors: Object.fromEntries(figures), busRestarts: restarts, readings, rest };
  } finally {
    for (const asker of [...askers.values()].flat()) void asker.stop();
    subscriber?.stop();
    await churn.stop();
    await daemon.stop('SIGKILL');
    await bus.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startProbed(directory: string, bus: string, dns: string): Promise<DaemonProcess> {
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = [before, timerProbe()].join(' ').trim();
  try {
    return await DaemonProcess.start(directory, { bus, more: ['--dns', dns] });
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}

/** What it holds when nothing has happened for a while. */
async function settled(daemon: DaemonProcess): Promise<Reading> {
  await sleep(3000);
  return read(daemon, 0);
}

function sumOf(askers: readonly Asker[]): { answers: number; longest: number } {
  return {
    answers: askers.reduce((sum, { answers }) => sum + answers, 0),
    longest: Math.max(...askers.map(({ longest }) => longest)),
  };
}

/** A line of the log that tells of a fault of the daemon's own: an exception, or more than a warning. */
const FAULT_LINE = /^\S+ (?:err|crit|alert|emerg) .*$/gm;
