import { parseBusAddress } from '../../src/dbus/connection/address.ts';
import { Bus } from '../../src/dbus/connection/bus.ts';
import type { BusOptions } from '../../src/dbus/connection/bus-options.ts';
import type { Connect } from '../../src/dbus/connection/transport.ts';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { connectUnix } from '../../src/linux/unix-connect.ts';

/** Connects as the daemon does. All of a process's connections are on one event loop. */
export const connectSocket: Connect = (address) => {
  loop ??= new EventLoop();
  return connectUnix(loop, address, { passDescriptors: true });
};

/** A connection to the bus at an address, as in `unix:path=/run/bus`. */
export function connectBus(address: string, options: Partial<BusOptions> = {}): Promise<Bus> {
  return Bus.connect({ addresses: parseBusAddress(address), connect: connectSocket, ...options });
}

let loop: EventLoop | undefined;
