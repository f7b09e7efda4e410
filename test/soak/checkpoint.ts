import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VarlinkClient } from '../../src/varlink/index.ts';
import type { DaemonProcess } from '../support/daemon-process.ts';
import type { Subscriber } from '../support/subscriber.ts';
import { namesOnBus } from './askers/bus-door.ts';
import type { World } from './world.ts';

/** What does not agree with what there is, while nothing changes: each list that the daemon gives, in words. */
export async function differences(
  world: World,
  daemon: DaemonProcess,
  bus: string,
  subscriber: Subscriber,
): Promise<string[]> {
  const names = world.present.map(({ name }) => name).sort();
  const told = [...subscriber.machines.keys()].sort();
  const lists: Record<string, readonly string[]> = {
    'io.systemd.Machine.List': await namesListed(daemon.machineSocket),
    'the bus': await namesOnBus(bus),
    'what was told to a subscriber': told,
    'the state directory': stateFiles(daemon.runtimeDirectory),
  };
  const wrong = Object.entries(lists)
    .filter(([, list]) => list.join() !== names.join())
    .map(([what, list]) => `${what} has ${difference(list, names)}`);
  for (const { name, addresses } of world.present) {
    const known = subscriber.machines.get(name)?.addresses ?? [];
    if ([...known].sort().join() !== addresses.now.join()) wrong.push(`a subscriber was told of ${name}: ${known}`);
  }
  return wrong;
}

function difference(list: readonly string[], expected: readonly string[]): string {
  const more = list.filter((name) => !expected.includes(name));
  const less = expected.filter((name) => !list.includes(name));
  return `${more.join(', ') || 'nothing'} too many, ${less.join(', ') || 'nothing'} too few`;
}

async function namesListed(socket: string): Promise<string[]> {
  const client = await VarlinkClient.connect(socket);
  const names: string[] = [];
  try {
    for await (const { name } of client.stream('io.systemd.Machine.List')) names.push(name as string);
  } finally {
    client.close();
  }
  return names.filter((name) => name !== '.host').sort();
}

/** Without the links by unit, and what is kept of units. */
function stateFiles(runtimeDirectory: string): string[] {
  return readdirSync(join(runtimeDirectory, 'machines'))
    .filter((name) => !name.includes(':'))
    .sort();
}
