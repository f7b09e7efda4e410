import { closeSync } from 'node:fs';
import { SystemdTerminalUnits } from '../clients/systemd1/terminal-units.ts';
import { BoundedTransport } from '../dbus/connection/bounded-transport.ts';
import { Bus } from '../dbus/connection/bus.ts';
import { Entering } from '../inside/entering/entering.ts';
import type { Terminals } from '../inside/inside.ts';
import { MachineTerminals } from '../inside/terminals/terminals.ts';
import { type EndedShell, UnitsOrDirect } from '../inside/terminals/units-or-direct.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import { UnixStream } from '../linux/unix-stream.ts';
import { MachineError, SystemFailure } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { TransientServices } from '../machine/transient-services.ts';
import type { MachineRoots } from '../sources/kernel/roots/machine-roots.ts';
import type { CloseList } from './close-list.ts';
import type { Log } from './log/log.ts';
import { enteringProgram } from './package-files.ts';

/** What terminals are opened with. */
export interface DaemonTerminalsParts {
  readonly loop: EventLoop;
  readonly roots: MachineRoots;
  /** The connection to the host's bus, while there is one. */
  readonly hostBus: () => Bus | undefined;
  /** Those of the host's systemd, where shells are to be services of it. */
  readonly services: TransientServices | undefined;
  readonly log: Log;
  /** What is to be done when the daemon ends is added to it. */
  readonly closing: CloseList;
}

/** Terminals of machines. Nothing runs for them before one is asked for. */
export function openTerminals({ loop, roots, hostBus, services, log, closing }: DaemonTerminalsParts): Terminals {
  const entering = new Entering({ path: enteringProgram, loop }, services);
  closing.add(() => entering.close());
  const units = new SystemdTerminalUnits({ hostBus, connect: (machine) => connectToBus(loop, entering, machine) });
  const onEnd = ({ machine: { name }, status }: EndedShell): void => {
    log.notice('a shell has ended', { machine: name, status });
  };
  const unitsOrDirect = new UnitsOrDirect(units, entering, onEnd);
  return new MachineTerminals({ openTerminal: (machine) => roots.openTerminal(machine), units: unitsOrDirect });
}

/** The machine may be hostile, and so its bus, of which an id, a name and an answer are wanted. */
async function connectToBus(loop: EventLoop, entering: Entering, machine: Machine): Promise<Bus> {
  const descriptor = await entering.connect(machine, BUS).catch((error) => Promise.reject(withoutBus(machine, error)));
  let stream: UnixStream;
  try {
    stream = new UnixStream(loop, descriptor, { passDescriptors: true });
  } catch (error) {
    closeSync(descriptor);
    throw withoutBus(machine, error);
  }
  try {
    return await Bus.connect({
      addresses: [{ socket: { path: BUS }, guid: undefined }],
      connect: () => new BoundedTransport(stream, { bytes: 256 * 1024, descriptors: 16 }),
      connectTimeout: 5000,
      outputTimeout: 5000,
    });
  } catch (cause) {
    throw new MachineError('no-ipc', `The system bus in container ${machine.name} lets nobody in.`, undefined, {
      cause,
    });
  }
}

function withoutBus({ name }: Machine, error: unknown): unknown {
  if (error instanceof SystemFailure && !missing.has(error.errnoName)) return error;
  if (error instanceof MachineError && !(error instanceof SystemFailure)) return error;
  return new MachineError('no-ipc', `There is no system bus in container ${name}.`, undefined, { cause: error });
}

/** Of a path, and of a socket that nobody listens at. */
const missing: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ECONNREFUSED', 'ENOTCONN']);

/** D-Bus Specification, "Well-known Message Bus Instances". */
const BUS = '/var/run/dbus/system_bus_socket';
