import { BUS_NAME, BUS_PATH } from '../names.ts';
import type { Bus } from './bus.ts';

/**
 * Whether the bus has somebody started when a name is asked for (ListActivatableNames of the D-Bus Specification).
 * Rejected with a DBusError when the bus does not tell.
 * @param timeout milliseconds that the bus may take; default as for any call
 */
export async function isActivatable(bus: Pick<Bus, 'call'>, name: string, timeout?: number): Promise<boolean> {
  const call = { destination: BUS_NAME, path: BUS_PATH, interface: BUS_NAME, member: 'ListActivatableNames' };
  const [names] = await bus.call({ ...call, ...(timeout !== undefined && { timeout }) });
  return Array.isArray(names) && names.includes(name);
}
