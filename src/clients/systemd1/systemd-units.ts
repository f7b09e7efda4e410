import { existsSync } from 'node:fs';
import type { Bus } from '../../dbus/connection/bus.ts';
import { DBusError, ERROR_NO_REPLY, ERROR_PROPERTY_READ_ONLY, ERROR_TIMEOUT } from '../../dbus/errors.ts';
import { MachineError } from '../../machine/errors.ts';
import type { ScopeRequest, UnitManager } from '../../machine/unit-manager.ts';
import { Jobs } from './jobs.ts';
import { type LeaderNaming, scopeProperties } from './scope-properties.ts';

/** What the client is made of. */
export interface SystemdUnitsParts {
  /** Hears what went wrong without stopping anything: to be logged. */
  readonly onProblem: (error: Error) => void;
  /** Whether this system was started by systemd (sd_booted(3)); to be set by tests. */
  readonly booted?: () => boolean;
  /** Milliseconds that a job may take; to be set by tests. */
  readonly patience?: number;
}

/**
 * The units of systemd, over the bus: that of PID 1, or that of a user's manager on the session bus
 * (org.freedesktop.systemd1(5)). There is none to ask before {@link attach}, nor while its connection is lost.
 */
export class SystemdUnits implements UnitManager {
  readonly #parts: SystemdUnitsParts;
  readonly #jobs = new Jobs();
  #bus: Pick<Bus, 'call'> | undefined;

  constructor(parts: SystemdUnitsParts) {
    this.#parts = parts;
  }

  /** Takes a new connection to the bus, until that is closed. Never fails: what is wrong with it is a problem told. */
  async attach(bus: Pick<Bus, 'call' | 'match' | 'onClosed'>): Promise<void> {
    if (!(this.#parts.booted ?? isBooted)()) return;
    bus.onClosed(() => {
      if (this.#bus === bus) this.#bus = undefined;
      this.#jobs.lost();
    });
    try {
      // systemd tells whoever began a job of its end, also those who have not subscribed to its signals.
      await bus.match(
        { sender: manager.destination, interface: manager.interface, member: 'JobRemoved' },
        ({ body }) => {
          const [, job, , result] = body as [number, string, string, string];
          this.#jobs.ended(job, result);
        },
      );
      this.#bus = bus;
    } catch (error) {
      this.#parts.onProblem(new Error("the ends of systemd's jobs are not heard", { cause: error }));
    }
  }

  async startScope(request: ScopeRequest): Promise<boolean> {
    const bus = this.#bus;
    if (bus === undefined) return false;
    const { unit } = request;
    let result: string | undefined;
    try {
      result = await this.#jobs.run(() => start(bus, request), this.#parts.patience ?? 30_000);
    } catch (error) {
      if (!(error instanceof DBusError)) throw error;
      if (isAbsent(error)) return false;
      throw refused(unit, error);
    }
    if (result === 'done') return true;
    if (result !== undefined) throw new MachineError('unit-failed', `unit ${unit} was not started: ${result}`);
    await this.stop(unit);
    throw new MachineError('timed-out', `systemd did not say that unit ${unit} was started`);
  }

  async stop(unit: string): Promise<boolean> {
    try {
      const request = { ...manager, member: 'StopUnit', signature: 'ss', body: [unit, 'fail'] };
      return (await this.#bus?.call(request)) !== undefined;
    } catch {
      // It has ended, or the manager has.
      return false;
    }
  }
}

/** Where org.freedesktop.systemd1(5) is. */
const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

async function start(bus: Pick<Bus, 'call'>, request: ScopeRequest): Promise<string> {
  const begin = async (naming: LeaderNaming): Promise<string> => {
    const properties = scopeProperties(request, naming);
    const body = [request.unit, 'fail', properties, []];
    const call = { ...manager, member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))', body };
    return (await bus.call(call))[0] as string;
  };
  try {
    return await begin('PIDFDs');
  } catch (error) {
    // What systemd says of every property that it does not know, which before 253 is this one.
    if (!(error instanceof DBusError && error.errorName === ERROR_PROPERTY_READ_ONLY)) throw error;
    return begin('PIDs');
  }
}

function refused(unit: string, cause: DBusError): MachineError {
  const { errorName, message } = cause;
  if (errorName === 'org.freedesktop.systemd1.UnitExists') {
    return new MachineError('machine-exists', `there is a unit ${unit} already`, 'unit', { cause });
  }
  if (errorName === ERROR_NO_REPLY || errorName === ERROR_TIMEOUT) {
    return new MachineError('timed-out', `systemd did not answer about unit ${unit}`, undefined, { cause });
  }
  return new MachineError('unit-failed', `unit ${unit} was not started: ${message}`, undefined, { cause });
}

function isBooted(): boolean {
  return existsSync('/run/systemd/system');
}

/**
 * There is no such manager on the bus, as on a session bus of a user who has none: nobody is asked to start one, or
 * /bin/false is, which Debian's dbus has in its place.
 */
function isAbsent({ errorName }: DBusError): boolean {
  return /^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|Spawn\.\w+)$/.test(errorName);
}
