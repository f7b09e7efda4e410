import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { BusService } from './target.ts';

/** What systemd-machined's interface is called on a bus. */
const NAME = 'org.freedesktop.machine1';

/** On the bus of the system that this runs in. */
export const onSystemBus: BusService = { socket: '/run/dbus/system_bus_socket', name: NAME };

/** What is to be done with each bus when this process ends. */
const endings: (() => void)[] = [];

/**
 * A second bus like the system's: the same dbus-daemon with the same configuration, for a name has one owner on a bus.
 * It ends with this process.
 */
export async function startSecondBus(): Promise<BusService> {
  const directory = mkdtempSync('/run/bench-bus-');
  const socket = `${directory}/socket`;
  const bus = spawn(
    'dbus-daemon',
    ['--system', '--nofork', '--nopidfile', '--syslog-only', `--address=unix:path=${socket}`, '--print-address=1'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (endings.length === 0) {
    process.on('exit', () => {
      for (const end of endings) end();
    });
  }
  endings.push(() => {
    bus.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  for await (const _ of createInterface(bus.stdout)) return { socket, name: NAME };
  throw new Error('dbus-daemon did not start');
}
