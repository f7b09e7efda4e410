import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { call, listMachines } from './calls.ts';
import type { Model } from './script.ts';

/** What is not as a model says, of the registry and of the directory; empty when all is. */
export async function differences(daemon: DaemonProcess, model: Model): Promise<string[]> {
  const found = await listMachines(daemon.machineSocket);
  const told: string[] = [];
  for (const name of found.keys()) if (!model.has(name)) told.push(`${name} is there`);
  for (const [name, expected] of model) {
    const machine = found.get(name);
    if (machine === undefined) told.push(`${name} is not there`);
    else {
      const is = { ...machine, leader: (machine['leader'] as { pid?: number } | undefined)?.pid };
      for (const [key, value] of Object.entries(expected)) {
        const [have, want] = [JSON.stringify((is as Record<string, unknown>)[key]), JSON.stringify(value)];
        if (have !== want) told.push(`${key} of ${name} is ${have}, not ${want}`);
      }
    }
  }
  const files = kept(daemon.runtimeDirectory);
  const expectedFiles = filesOf(model);
  if (JSON.stringify(files) !== JSON.stringify(expectedFiles)) told.push(`files: ${files}, not ${expectedFiles}`);
  return told;
}

/** Unregisters all that there is. */
export async function empty(daemon: DaemonProcess): Promise<void> {
  for (const name of (await listMachines(daemon.machineSocket)).keys()) {
    await call(daemon.machineSocket, 'io.systemd.Machine.Unregister', { name });
  }
}

/** All names in the directory of state files; of links with what they lead to. */
export function kept(runtimeDirectory: string): string[] {
  const directory = join(runtimeDirectory, 'machines');
  return readdirSync(directory, { withFileTypes: true })
    .map((entry) =>
      entry.isSymbolicLink() ? `${entry.name} to ${readlinkSync(join(directory, entry.name))}` : entry.name,
    )
    .sort();
}

function filesOf(model: Model): string[] {
  const links = [...model].flatMap(([name, { unit }]) => (unit === undefined ? [] : [`unit:${unit} to ${name}`]));
  return [...model.keys(), ...links].sort();
}
