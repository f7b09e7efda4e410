import { closeSync } from 'node:fs';
import { isActivatable } from '../dbus/connection/activation.ts';
import { parseBusAddress, systemBusAddress } from '../dbus/connection/address.ts';
import { Bus } from '../dbus/connection/bus.ts';
import type { AnyVariant } from '../dbus/values.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import { connectUnix } from '../linux/unix-connect.ts';
import { processName } from './process-name.ts';

/** The names under which a registry and systemd-resolved are found on the bus. */
export const busNames = { registry: 'org.freedesktop.machine1', resolved: 'org.freedesktop.resolve1' } as const;

/** Who has a name on the system bus. */
export type BusNameFact =
  /** There is no bus, or it does not answer. */
  | { readonly kind: 'no-bus'; readonly reason: string }
  /** Nobody has it. `activatable`: the bus has somebody started as soon as the name is asked for. */
  | { readonly kind: 'free'; readonly activatable: boolean }
  | { readonly kind: 'owned'; readonly pid: number | undefined; readonly owner: string };

/** Milliseconds for one answer. */
const PATIENCE = 5000;

/** Asks the bus who has a name. Nobody is started for that. */
export async function lookAtBusName(
  name: string,
  environment: NodeJS.ProcessEnv,
  loop: EventLoop,
): Promise<BusNameFact> {
  let bus: Bus | undefined;
  try {
    bus = await Bus.connect({
      addresses: parseBusAddress(systemBusAddress(environment)),
      connect: (address) => connectUnix(loop, address, { passDescriptors: true }),
      connectTimeout: PATIENCE,
    });
    const owner = await bus.ownerOf(name);
    if (owner === undefined) return { kind: 'free', activatable: await isActivatable(bus, name, PATIENCE) };
    const { pid, pidfd } = await bus.credentialsOf(owner);
    if (pidfd !== undefined) closeSync(pidfd);
    return { kind: 'owned', pid, owner: await describeOwner(bus, owner, pid) };
  } catch (error) {
    return { kind: 'no-bus', reason: (error as Error).message };
  } finally {
    bus?.close();
  }
}

/**
 * As in `systemd-machined (PID 812)`: by the name that it has in the journal (org.freedesktop.LogControl1(5)), where it
 * tells, else by its program.
 */
async function describeOwner(bus: Bus, owner: string, pid: number | undefined): Promise<string> {
  const program = pid === undefined ? owner : processName(pid);
  try {
    const [value] = await bus.call({
      destination: owner,
      path: '/org/freedesktop/LogControl1',
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      body: ['org.freedesktop.LogControl1', 'SyslogIdentifier'],
      timeout: PATIENCE,
    });
    const name = (value as AnyVariant).value;
    return typeof name === 'string' && pid !== undefined ? `${name} (PID ${pid})` : program;
  } catch {
    return program;
  }
}
