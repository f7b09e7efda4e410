import type { Bus } from '../../dbus/connection/bus.ts';
import type { BusOptions } from '../../dbus/connection/bus-options.ts';
import type { InternalErrorHandler } from '../../dbus/connection/call-server.ts';
import { LastingConnection } from '../../dbus/connection/lasting-connection.ts';
import { Presence } from '../../dbus/connection/presence.ts';
import { DBusError, NameTakenError } from '../../dbus/errors.ts';
import type { ObjectTree } from '../../dbus/objects/object-tree.ts';
import type { EmitSignal } from '../../frontends/machine1/signals.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import type { HoldUps } from '../../linux/hold-ups.ts';
import { connectUnix } from '../../linux/unix-connect.ts';
import { failedCall } from '../log/failed-call.ts';
import { describeError, type Log } from '../log/log.ts';
import type { BusChoice } from './bus-choice.ts';

/** The name under which the registry is found. */
const NAME = 'org.freedesktop.machine1';

/** Which bus it is, and who uses it. */
export interface BusParts {
  readonly choice: BusChoice;
  readonly loop: EventLoop;
  readonly log: Log;
  /** Hears of messages that take long. */
  readonly holdUps: HoldUps;
  /** There is a new connection: others on the bus can be asked from now on. */
  readonly onConnected: (bus: Bus) => Promise<void>;
}

/** The daemon's place on the bus, which there is none of before {@link join} and while the bus is away. */
export class DaemonBus {
  #presence: Presence | undefined;
  #visit: LastingConnection | undefined;

  /** The connection, while there is one. */
  get connection(): Bus | undefined {
    return this.#presence?.bus ?? this.#visit?.bus;
  }

  /** Sends a signal; while there is no bus nobody can hear it. */
  readonly emit: EmitSignal = (...signal) => this.#presence?.emit(...signal);

  /**
   * Takes the name, or waits for a bus that is not there.
   * @throws Error when the bus refuses, and it was asked for: somebody else has the name, or the bus's policy is
   * against us
   */
  async join(objects: ObjectTree, parts: BusParts): Promise<void> {
    const { choice, log, onConnected } = parts;
    const bus = choice.name;
    try {
      this.#presence = await Presence.start({
        ...reach(parts),
        name: NAME,
        serve: (call) => objects.answer(call),
        onConnected,
        onUp: () => log.info('on the bus', { bus, name: NAME }),
        onDown: (reason) => log.warning('not on the bus any more', { bus, reason: describeError(reason) }),
        onProblem: (reason) => log.notice('waiting for the bus', { bus, reason: describeError(reason) }),
      });
    } catch (error) {
      const refused = new Error(`${describeError(error)}: ${advice(error)}`);
      if (choice.required) throw refused;
      log.warning('nobody can ask over D-Bus', { bus, reason: refused.message });
    }
  }

  /** Asks others there, and is nobody there itself. A bus that is not there is waited for. */
  async visit(parts: BusParts): Promise<void> {
    const { choice, log, onConnected } = parts;
    const bus = choice.name;
    const visit: LastingConnection = new LastingConnection({
      ...reach(parts),
      enter: async (connection) => {
        await onConnected(connection);
        visit.settled();
        log.info('on the bus', { bus });
      },
      onLost: (reason) => log.warning('not on the bus any more', { bus, reason: describeError(reason) }),
      onProblem: (reason) => log.notice('waiting for the bus', { bus, reason: describeError(reason) }),
    });
    this.#visit = visit;
    await visit.start();
  }

  /** Leaves the bus. */
  close(): void {
    this.#presence?.close();
    this.#visit?.close();
  }
}

function reach({ choice, loop, log, holdUps }: BusParts): BusOptions {
  return {
    addresses: choice.addresses,
    connect: (address) => connectUnix(loop, address, { passDescriptors: true }),
    onInternalError: internalError(log),
    onTurn: ({ interface: interfaceName = 'an answer of', member = 'the bus' }, milliseconds) => {
      // A name for each message costs more than most of them.
      if (milliseconds >= 1) holdUps.took(`${interfaceName} ${member}`, milliseconds);
    },
    onListenerError: (error, { member }) => log.err('signal failed', { member, error: describeError(error) }),
  };
}

function advice(error: unknown): string {
  if (error instanceof NameTakenError) return 'is systemd-machined or another mymachines running?';
  return "'mymachines install' puts the bus's policy in place, --bus=none does without a bus";
}

/** As sd-bus names an error number of the system. */
function internalError(log: Log): InternalErrorHandler {
  return (error, { member }) => {
    const { name } = failedCall(log, member, error);
    return new DBusError(`System.Error.${name}`, 'The system could not do it.');
  };
}
