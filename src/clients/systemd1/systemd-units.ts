import { existsSync } from 'node:fs';
import { DBusError } from '../../dbus/errors.ts';
import type { AnyVariant } from '../../dbus/values.ts';
import { MachineError } from '../../machine/errors.ts';
import type { ScopeRequest, UnitManager } from '../../machine/unit-manager.ts';
import { Jobs } from './jobs.ts';
import { type LeaderNaming, scopeProperties } from './scope-properties.ts';
import { manager, type SystemdBus, type UnitSignal, unitOfPath, unitPath } from './systemd-bus.ts';

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
  #bus: SystemdBus | undefined;
  #changed: (unit: string | undefined) => void = () => undefined;

  constructor(parts: SystemdUnitsParts) {
    this.#parts = parts;
  }

  /** Takes a new connection to the bus, until that is closed. Never fails: what is wrong with it is a problem told. */
  async attach(bus: SystemdBus): Promise<void> {
    if (!(this.#parts.booted ?? isBooted)()) return;
    bus.onClosed(() => {
      if (this.#bus === bus) this.#bus = undefined;
      this.#jobs.lost();
    });
    try {
      await this.#listen(bus);
      this.#bus = bus;
      await this.#subscribe(bus);
    } catch (error) {
      this.#parts.onProblem(new Error("systemd's units cannot be followed", { cause: error }));
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

  async hasEnded(unit: string): Promise<boolean> {
    try {
      const reply = await this.#bus?.call({
        destination: manager.destination,
        path: unitPath(unit),
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
        body: ['org.freedesktop.systemd1.Unit', 'ActiveState'],
      });
      return ['inactive', 'failed'].includes((reply?.[0] as AnyVariant | undefined)?.value as string);
    } catch (error) {
      return error instanceof DBusError && error.errorName === 'org.freedesktop.systemd1.NoSuchUnit';
    }
  }

  onChange(listener: (unit: string | undefined) => void): void {
    this.#changed = listener;
  }

  async #listen(bus: SystemdBus): Promise<void> {
    const sender = manager.destination;
    const from = { sender, interface: manager.interface };
    const heard = <Body extends readonly unknown[]>(use: (body: Body, signal: UnitSignal) => void) => {
      return (signal: UnitSignal) => use(signal.body as unknown as Body, signal);
    };
    await bus.match(
      { ...from, member: 'JobRemoved' },
      heard<[number, string, string, string]>(([, job, , result]) => this.#jobs.ended(job, result)),
    );
    await bus.match(
      { ...from, member: 'UnitRemoved' },
      heard<[string, string]>(([unit]) => this.#changed(unit)),
    );
    // One that somebody holds on to is not removed when it has ended. A machine's is a scope.
    await bus.match(
      {
        sender,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'PropertiesChanged',
        arg0: 'org.freedesktop.systemd1.Scope',
      },
      heard((_body, { path }) => {
        const unit = unitOfPath(path);
        if (unit !== undefined) this.#changed(unit);
      }),
    );
    // Another manager than before: a user's, or PID 1 after it has executed itself anew.
    await bus.match(
      { sender: 'org.freedesktop.DBus', interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged', arg0: sender },
      heard<[string, string, string]>(([, , owner]) => {
        if (owner !== '' && this.#bus === bus) void this.#subscribe(bus);
      }),
    );
  }

  /** systemd sends no signals to anybody unless somebody wants them. */
  async #subscribe(bus: SystemdBus): Promise<void> {
    try {
      await bus.call({ ...manager, member: 'Subscribe', signature: '', body: [] });
    } catch (error) {
      const known = error instanceof DBusError && (isAbsent(error) || subscribed === error.errorName);
      if (!known) this.#parts.onProblem(new Error('systemd does not tell of its units', { cause: error }));
    }
    this.#changed(undefined);
  }
}

async function start(bus: SystemdBus, request: ScopeRequest): Promise<string> {
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
    if (!(error instanceof DBusError && error.errorName === 'org.freedesktop.DBus.Error.PropertyReadOnly')) throw error;
    return begin('PIDs');
  }
}

function refused(unit: string, cause: DBusError): MachineError {
  const { errorName, message } = cause;
  if (errorName === 'org.freedesktop.systemd1.UnitExists') {
    return new MachineError('machine-exists', `there is a unit ${unit} already`, 'unit', { cause });
  }
  if (errorName === 'org.freedesktop.DBus.Error.NoReply' || errorName === 'org.freedesktop.DBus.Error.Timeout') {
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

const subscribed = 'org.freedesktop.systemd1.AlreadySubscribed';
