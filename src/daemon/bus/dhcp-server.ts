import { NetworkdLeases } from '../../clients/network1/networkd-leases.ts';
import { LastingConnection } from '../../dbus/connection/lasting-connection.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { connectUnix } from '../../linux/unix-connect.ts';
import type { DhcpServer } from '../../machine/dhcp-server.ts';
import { describeError, type Log } from '../log/log.ts';
import type { BusChoice } from './bus-choice.ts';

/** What systemd-networkd is reached by. */
export interface DhcpServerParts {
  /** Undefined: there is no bus, and it says nothing. */
  readonly choice: BusChoice | undefined;
  readonly loop: EventLoop;
  readonly log: Log;
  readonly onProblem: (error: Error) => void;
}

/**
 * systemd-networkd's DHCP server, over a connection of its own, which there is from the first VM on. On that of the
 * registry its signals do not arrive: who has the name org.freedesktop.machine1 gets what root sends and nobody else's,
 * also what is sent to all (send_destination in dbus-daemon(1)), and systemd-networkd is a user of its own.
 */
export function openDhcpServer({ choice, loop, log, onProblem }: DhcpServerParts): {
  readonly dhcpServer: DhcpServer;
  close(): void;
} {
  const client: NetworkdLeases = new NetworkdLeases({ onProblem, onWanted: () => void connection?.start() });
  const connection =
    choice &&
    new LastingConnection({
      addresses: choice.addresses,
      connect: (address) => connectUnix(loop, address, { passDescriptors: true }),
      enter: (bus) => client.attach(bus),
      maximumCall: MAXIMUM_SIGNAL,
      // That there is no bus is told by the registry's own connection.
      onListenerError: (error, { member }) => log.err('signal failed', { member, error: describeError(error) }),
    });
  return { dhcpServer: client, close: () => connection?.close() };
}

/** Bytes. A signal has all leases of an interface, about 80 bytes each: this is room for 13,000. */
const MAXIMUM_SIGNAL = 1024 * 1024;
