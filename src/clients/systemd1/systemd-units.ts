import { existsSync } from 'node:fs';
import type { Bus } from '../../dbus/connection/bus.ts';
import type { CallRequest } from '../../dbus/connection/bus-options.ts';
import { DBusError, ERROR_NO_REPLY, ERROR_PROPERTY_READ_ONLY, ERROR_TIMEOUT } from '../../dbus/errors.ts';
import { MachineError } from '../../machine/errors.ts';
import type { TransientService, TransientServices } from '../../machine/transient-services.ts';
import type { ScopeRequest, UnitManager } from '../../machine/unit-manager.ts';
import { Jobs } from './jobs.ts';
import { type LeaderNaming, scopeProperties } from './scope-properties.ts';
import { serviceProperties } from './service-properties.ts';

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
export class SystemdUnits implements UnitManager, TransientServices {
  readonly #parts: SystemdUnitsParts;
  readonly #jobs = new Jobs();
  #bus: ManagerBus | undefined;

  constructor(parts: SystemdUnitsParts) {
    this.#parts = parts;
  }

  /** Whether this system was started by systemd, so that there is one to ask, if not at all times. */
  get booted(): boolean {
    return (this.#parts.booted ?? isBooted)();
  }

  /** Takes a new connection to the bus, until that is closed. Never fails: what is wrong with it is a problem told. */
  async attach(bus: Pick<Bus, 'call' | 'match' | 'onClosed'>): Promise<void> {
    if (!this.booted) return;
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

  startScope(request: ScopeRequest): Promise<boolean> {
    const { unit } = request;
    return this.#run({
      unit,
      begin: (bus) => beginScope(bus, request),
      patience: this.#parts.patience,
      giveUp: () => this.stop(unit),
      taken: 'machine-exists',
    });
  }

  start(service: TransientService): Promise<boolean> {
    const { unit } = service;
    return this.#run({
      unit,
      begin: (bus) => beginService(bus, service),
      patience: service.patience ?? this.#parts.patience,
      giveUp: () => this.kill(unit),
      // Nobody else gives units such names.
      taken: 'unit-failed',
    });
  }

  async stop(unit: string): Promise<boolean> {
    return this.#tell({ member: 'StopUnit', signature: 'ss', body: [unit, 'fail'] });
  }

  async kill(unit: string): Promise<boolean> {
    // One that is still to be started has no process yet.
    const stopped = this.#tell({ member: 'StopUnit', signature: 'ss', body: [unit, 'replace'] });
    const killed = this.#tell({ member: 'KillUnit', signature: 'ssi', body: [unit, 'all', SIGKILL] });
    return (await stopped) || (await killed);
  }

  async list(prefix: string): Promise<readonly string[]> {
    const bus = this.#bus;
    if (bus === undefined) return [];
    try {
      // An asterisk, a question mark and a bracket are no part of a unit's name (systemd.unit(5)).
      const body = [[], [`${prefix}*`]];
      const [units] = await bus.call({ ...manager, member: 'ListUnitsByPatterns', signature: 'asas', body });
      return (units as readonly (readonly [string])[]).map(([name]) => name);
    } catch (error) {
      if (!(error instanceof DBusError)) throw error;
      if (isAbsent(error)) return [];
      throw refused(`${prefix}*`, error);
    }
  }

  /** Waits for the job that starts a unit. False when nobody can be asked. */
  async #run({ unit, begin, patience = 30_000, giveUp, taken }: Start): Promise<boolean> {
    const bus = this.#bus;
    if (bus === undefined) return false;
    let result: string | undefined;
    try {
      result = await this.#jobs.run(() => begin(bus), patience);
    } catch (error) {
      if (!(error instanceof DBusError)) throw error;
      if (isAbsent(error)) return false;
      throw refused(unit, error, taken);
    }
    if (result === 'done') return true;
    if (result !== undefined) throw new MachineError('unit-failed', `unit ${unit} was not started: ${result}`);
    await giveUp();
    throw new MachineError('timed-out', `systemd did not say that unit ${unit} was started`);
  }

  async #tell(request: Pick<CallRequest, 'member' | 'signature' | 'body'>): Promise<boolean> {
    try {
      return (await this.#bus?.call({ ...manager, ...request })) !== undefined;
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

type ManagerBus = Pick<Bus, 'call'>;

/** A unit that is to be started. */
interface Start {
  readonly unit: string;
  /** Asks for it, and gives the job. */
  readonly begin: (bus: ManagerBus) => Promise<string>;
  readonly patience: number | undefined;
  /** When nobody says that it has been done. */
  readonly giveUp: () => Promise<unknown>;
  /** What it means that there is a unit of this name already. */
  readonly taken: 'machine-exists' | 'unit-failed';
}

const SIGKILL = 9;

async function beginScope(bus: ManagerBus, request: ScopeRequest): Promise<string> {
  const begin = (naming: LeaderNaming) => startUnit(bus, request.unit, scopeProperties(request, naming));
  try {
    return await begin('PIDFDs');
  } catch (error) {
    // What systemd says of every property that it does not know, which before 253 is this one.
    if (!(error instanceof DBusError && error.errorName === ERROR_PROPERTY_READ_ONLY)) throw error;
    return begin('PIDs');
  }
}

function beginService(bus: ManagerBus, service: TransientService): Promise<string> {
  return startUnit(bus, service.unit, serviceProperties(service, service.openDescriptors()));
}

async function startUnit(bus: ManagerBus, unit: string, properties: readonly unknown[]): Promise<string> {
  const call = { ...manager, member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))' };
  return (await bus.call({ ...call, body: [unit, 'fail', properties, []] }))[0] as string;
}

function refused(unit: string, cause: DBusError, taken: Start['taken'] = 'unit-failed'): MachineError {
  const { errorName, message } = cause;
  if (errorName === 'org.freedesktop.systemd1.UnitExists') {
    const parameter = taken === 'machine-exists' ? 'unit' : undefined;
    return new MachineError(taken, `there is a unit ${unit} already`, parameter, { cause });
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
