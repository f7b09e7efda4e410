import type { Bus } from '../../dbus/connection/bus.ts';
import {
  DBusError,
  ERROR_NAME_HAS_NO_OWNER,
  ERROR_NO_REPLY,
  ERROR_SERVICE_UNKNOWN,
  ERROR_TIMEOUT,
} from '../../dbus/errors.ts';
import type { Polkit, PolkitAnswer } from '../../machine/authorize.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Caller } from '../../machine/operations.ts';
import { InFlight } from './in-flight.ts';
import { type Subject, subjectOf } from './subject.ts';

/** What the client is made of. */
export interface PolkitClientParts {
  /** The system bus, while there is a connection to it. */
  readonly bus: () => Pick<Bus, 'call'> | undefined;
  /** Hears why polkit could not be asked when that is nobody's wish: to be logged. */
  readonly onProblem?: (error: Error) => void;
  /** Milliseconds to wait for an answer, without and with a user to type a password; to be set by tests. */
  readonly patience?: Patience;
}

interface Patience {
  readonly machine: number;
  readonly user: number;
}

/**
 * Asks org.freedesktop.PolicyKit1.Authority (polkit(8)). Where it cannot be asked, the answer is no: there is no bus,
 * no polkit on it, or one that does not start.
 */
export class PolkitClient implements Polkit {
  readonly #parts: PolkitClientParts;
  readonly #patience: Patience;
  readonly #inFlight = new InFlight(PER_USER, IN_ALL);
  #questions = 0;

  constructor(parts: PolkitClientParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? { machine: 25_000, user: 300_000 };
  }

  async check(action: string, caller: Caller, details: ReadonlyMap<string, string>): Promise<PolkitAnswer> {
    const bus = this.#parts.bus();
    if (bus === undefined || caller.left?.aborted) return 'denied';
    return this.#inFlight.count(caller.uid, async () => {
      const subject = subjectOf(caller);
      return subject === undefined ? 'denied' : this.#ask(bus, subject, action, caller, details);
    });
  }

  async #ask(
    bus: Pick<Bus, 'call'>,
    subject: Subject,
    action: string,
    caller: Caller,
    details: ReadonlyMap<string, string>,
  ): Promise<PolkitAnswer> {
    const flags = caller.interactive ? ALLOW_USER_INTERACTION : 0;
    // Only where a user may be asked is there something to cancel: a window with a prompt.
    const cancellation = caller.interactive ? `mymachines-${++this.#questions}` : '';
    const cancel = (): void => this.#cancel(bus, cancellation);
    if (caller.interactive) caller.left?.addEventListener('abort', cancel, { once: true });
    try {
      const timeout = caller.interactive ? this.#patience.user : this.#patience.machine;
      const body = [subject, action, details, flags, cancellation];
      const [result] = await bus.call({ ...authority, member: 'CheckAuthorization', signature, body, timeout });
      const [authorized, challenge] = result as [boolean, boolean, ReadonlyMap<string, string>];
      // Nothing but a yes is one, whatever comes in its place.
      if (authorized === true) return 'authorized';
      return challenge === true ? 'challenge' : 'denied';
    } catch (error) {
      if (!(error instanceof DBusError)) throw error;
      if (timeouts.has(error.errorName)) {
        if (caller.interactive) cancel();
        throw new MachineError('timed-out', `polkit did not answer: ${error.message}`, undefined, { cause: error });
      }
      if (!quiet.has(error.errorName)) {
        this.#parts.onProblem?.(new Error(`polkit cannot be asked about ${action}`, { cause: error }));
      }
      return 'denied';
    } finally {
      caller.left?.removeEventListener('abort', cancel);
    }
  }

  /** Takes the question from the user's screen. It is answered with an error then, or was at the same moment. */
  #cancel(bus: Pick<Bus, 'call'>, id: string): void {
    const request = { ...authority, member: 'CancelCheckAuthorization', signature: 's', body: [id], timeout: 25_000 };
    bus.call(request).catch(() => undefined);
  }
}

const authority = {
  destination: 'org.freedesktop.PolicyKit1',
  path: '/org/freedesktop/PolicyKit1/Authority',
  interface: 'org.freedesktop.PolicyKit1.Authority',
} as const;
const signature = '(sa{sv})sa{ss}us';
const ALLOW_USER_INTERACTION = 1;

/**
 * Questions at once. A user with more than a few of them open is no user. Of one connection a system bus takes no more
 * than 128 calls that wait for their replies (dbus-daemon(1), max_replies_per_connection), and systemd is asked over
 * the same one.
 */
const PER_USER = 16;
const IN_ALL = 96;

const timeouts = new Set([ERROR_NO_REPLY, ERROR_TIMEOUT]);

/** What is as it should be: polkit is not installed, or whoever asked has left or had the question cancelled. */
const quiet = new Set([ERROR_SERVICE_UNKNOWN, ERROR_NAME_HAS_NO_OWNER, 'org.freedesktop.PolicyKit1.Error.Cancelled']);
