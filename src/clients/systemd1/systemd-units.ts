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

  async startScope(request: ScopeRequest): Promise<boolean> {
    const { unit } = request;
    const started = await this.#run(unit, (bus) => beginScope(bus, request), this.#parts.patience);
    if (started !== 'late') return started;
    await this.stop(unit);
    throw late(unit);
  }

  async start(service: TransientService): Promise<boolean> {
    const { unit } = service;
    const patience = service.patience ?? this.#parts.patience;
    let started: boolean | 'late';
    try {
      started = await this.#run(unit, (bus) => beginService(bus, service), patience);
    } catch (error) {
      // Nobody else gives units such names.
      if (!(error instanceof MachineError && error.code === 'machine-exists')) throw error;
      throw new MachineError('unit-failed', error.message, undefined, { cause: error.cause });
    }
    if (started !== 'late') return started;
    await this.kill(unit);
    throw late(unit);
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

  /** Waits for the job that `begin` begins. False when nobody can be asked, `late` when nobody says that it is done. */
  async #run(
    unit: string,
    begin: (bus: ManagerBus) => Promise<string>,
    patience: number = 30_000,
  ): Promise<boolean | 'late'> {
    const bus = this.#bus;
    if (bus === undefined) return false;
    let result: string | undefined;
    try {
      result = await this.#jobs.run(() => begin(bus), patience);
    } catch (error) {
      if (!(error instanceof DBusError)) throw error;
      if (isAbsent(error)) return false;
      throw refused(unit, error);
    }
    if (result === undefined) return 'late';
    if (result === 'done') return true;
    throw new MachineError('unit-failed', `unit ${unit} was not started: ${result}`);
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

function late(unit: string): MachineError {
  return new MachineError('timed-out', `systemd did not say that unit ${unit} was started`);
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
