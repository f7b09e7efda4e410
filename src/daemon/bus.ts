import type { Bus } from '../dbus/connection/bus.ts';
import type { InternalErrorHandler } from '../dbus/connection/call-server.ts';
import { Presence } from '../dbus/connection/presence.ts';
import { DBusError, NameTakenError } from '../dbus/errors.ts';
import type { ObjectTree } from '../dbus/objects/object-tree.ts';
import type { EmitSignal } from '../frontends/machine1/signals.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import { connectUnix } from '../linux/unix-connect.ts';
import type { BusChoice } from './bus-choice.ts';
import { failedCall } from './failed-call.ts';
import { describeError, type Log } from './log.ts';

/** The name under which the registry is found. */
const NAME = 'org.freedesktop.machine1';

/** What the daemon is on the bus. */
export interface BusParts {
  readonly choice: BusChoice;
  readonly loop: EventLoop;
  readonly log: Log;
  readonly objects: ObjectTree;
  /** There is a new connection: others on the bus can be asked from now on. */
  readonly onConnected: (bus: Bus) => Promise<void>;
}

/** The daemon's place on the bus, which there is none of before {@link join} and while the bus is away. */
export class DaemonBus {
  #presence: Presence | undefined;

  /** The connection, while there is one. */
  get connection(): Bus | undefined {
    return this.#presence?.bus;
  }

  /** Sends a signal; while there is no bus nobody can hear it. */
  readonly emit: EmitSignal = (...signal) => this.#presence?.emit(...signal);

  /**
   * Takes the name, or waits for a bus that is not there.
   * @throws Error when the bus refuses, and it was asked for: somebody else has the name, or the bus's policy is
   * against us
   */
  async join({ choice, loop, log, objects, onConnected }: BusParts): Promise<void> {
    const bus = choice.name;
    try {
      this.#presence = await Presence.start({
        name: NAME,
        addresses: choice.addresses,
        connect: (address) => connectUnix(loop, address, { passDescriptors: true }),
        serve: (call) => objects.answer(call),
        onConnected,
        onUp: () => log.info('on the bus', { bus, name: NAME }),
        onDown: (reason) => log.warning('not on the bus any more', { bus, reason: describeError(reason) }),
        onProblem: (reason) => log.notice('waiting for the bus', { bus, reason: describeError(reason) }),
        onInternalError: internalError(log),
        onListenerError: (error, { member }) => log.err('signal failed', { member, error: describeError(error) }),
      });
    } catch (error) {
      const refused = new Error(`${describeError(error)}: ${advice(error)}`);
      if (choice.required) throw refused;
      log.warning('nobody can ask over D-Bus', { bus, reason: refused.message });
    }
  }

  /** Leaves the bus. */
  close(): void {
    this.#presence?.close();
  }
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
