import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { parseBusAddress } from '../../../src/dbus/connection/address.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { Machine1Source, type Machine1SourceParts } from '../../../src/sources/machine1/machine1-source.ts';
import { connectSocket } from '../../support/bus.ts';
import { DBusDaemon } from '../../support/dbus-daemon.ts';
import { StandInMachined } from './stand-in-machined.ts';

const loop = new EventLoop();

/** A bus of its own with somebody who says that it is systemd-machined, and a source that believes it. */
export class Scene {
  readonly daemon: DBusDaemon;
  readonly directory: string = mkdtempSync(join(tmpdir(), 'mymachines-machine1-'));
  readonly registry: Registry = new Registry();
  /** Kinds of changes and names. */
  readonly events: string[] = [];
  readonly problems: string[] = [];
  /** The states of the source's health. */
  readonly states: string[] = [];
  readonly leaders: ChildProcess[] = [];
  machined: StandInMachined;
  source: Machine1Source | undefined;

  static async up(): Promise<Scene> {
    const daemon = await DBusDaemon.start();
    return new Scene(daemon, await StandInMachined.start(daemon.address));
  }

  private constructor(daemon: DBusDaemon, machined: StandInMachined) {
    this.daemon = daemon;
    this.machined = machined;
    this.registry.subscribe(({ kind, machine }) => this.events.push(`${kind} ${machine.name}`));
  }

  async down(): Promise<void> {
    this.source?.close();
    this.machined.leave();
    await this.daemon.stop();
    for (const leader of this.leaders) leader.kill('SIGKILL');
    rmSync(this.directory, { recursive: true });
  }

  /** The path of the Varlink socket. */
  get socket(): string {
    return join(this.directory, 'socket');
  }

  /** The directory of state files. */
  get stateFiles(): string {
    return join(this.directory, 'machines');
  }

  /** Has another take the name of systemd-machined. */
  async service(): Promise<void> {
    this.machined = await StandInMachined.start(this.daemon.address);
  }

  /** @param onBus whether it is to know of the bus */
  async start(more: Partial<Machine1SourceParts> = {}, onBus = true): Promise<Machine1Source> {
    this.source = await Machine1Source.start({
      loop,
      registry: this.registry,
      ...(onBus && { bus: { addresses: parseBusAddress(this.daemon.address), connect: connectSocket } }),
      socket: this.socket,
      states: this.stateFiles,
      uid: 0,
      onProblem: (error) => this.problems.push(error.message),
      onHealth: ({ state }) => this.states.push(state),
      ...more,
    });
    return this.source;
  }

  /** A process to lead a machine; gives its number. */
  leader(): number {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', '600'], { stdio: 'ignore' });
    this.leaders.push(child);
    return child.pid as number;
  }

  async end(pid: number): Promise<void> {
    const child = this.leaders.find((one) => one.pid === pid) as ChildProcess;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  names(): string[] {
    return [...this.registry].map((machine) => machine.name).sort();
  }

  /** Waits until the mirror has these machines. */
  async until(expected: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect(this.names()).toEqual(expected), { timeout: 3000, interval: 5 });
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
