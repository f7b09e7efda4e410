import type { LogControl } from '../../frontends/log-control/handlers.ts';
import { callerOf } from '../../frontends/machine/caller.ts';
import { systemError, wireError } from '../../frontends/machine/errors.ts';
import { type MachineServices, machineInterface } from '../../frontends/machine/handlers.ts';
import { type MachineImageServices, machineImageInterface } from '../../frontends/machine-image/handlers.ts';
import type { ServiceProcess } from '../../frontends/registry/encode-check.ts';
import { type RegistryServices, registryInterface } from '../../frontends/registry/handlers.ts';
import { type ResolveHookServices, resolveHook } from '../../frontends/resolve-hook/handlers.ts';
import { serviceInterface } from '../../frontends/service/handlers.ts';
import { type UserDatabaseServices, userDatabase } from '../../frontends/userdb/handlers.ts';
import type { HoldUps } from '../../linux/hold-ups.ts';
import { descriptorLimit, descriptorsInUse } from '../../linux/limits.ts';
import { type Call, VarlinkServer } from '../../varlink/index.ts';
import { failedCall } from '../log/failed-call.ts';
import type { Log } from '../log/log.ts';
import { version } from '../package-files.ts';

/** What every server tells. */
export interface ServerParts {
  readonly log: Log;
  /** Hears of calls that take long. */
  readonly holdUps: HoldUps;
}

interface MachineServerParts extends ServerParts {
  readonly control: LogControl;
  readonly environment: NodeJS.ProcessEnv;
  readonly uid: number;
}

/** The service at machine/io.systemd.Machine. */
export function machineServer(
  services: MachineServices &
    Pick<RegistryServices, 'network' | 'hostNames' | 'sources'> &
    Pick<MachineImageServices, 'images' | 'imageOperations'>,
  { control, environment, uid, ...parts }: MachineServerParts,
): VarlinkServer {
  return newServer(parts)
    .add(machineInterface(services))
    .add(machineImageInterface({ ...services, callerOf }))
    .add(serviceInterface({ log: control, environment, uid }))
    .add(registryInterface({ ...services, serviceProcess, callerOf, wireError }));
}

function serviceProcess(): ServiceProcess {
  const { open, limit } = descriptorsInUse();
  return { pid: process.pid, descriptors: open, descriptorLimit: Number.isFinite(limit) ? limit : undefined };
}

/** The service below userdb. */
export function userdbServer(services: UserDatabaseServices, parts: ServerParts): VarlinkServer {
  return newServer(parts).add(userDatabase(services));
}

/** The service at resolve.hook/io.systemd.Machine. */
export function resolveHookServer(services: ResolveHookServices, parts: ServerParts): VarlinkServer {
  return newServer(parts).add(resolveHook(services));
}

function newServer({ log, holdUps }: ServerParts): VarlinkServer {
  // There is no page about it to point at yet.
  const info = { vendor: 'mymachines', product: 'mymachines', version: version(), url: '' };
  return new VarlinkServer(info, {
    maximumMessageLength: MAXIMUM_CALL,
    maximumConnections: maximumConnections(),
    // The daemon's own lookups, whose answers are to show whether others get theirs; and root's, for one user with
    // enough subordinate ids (subuid(5)) can have all the others, each with a call under way.
    unlimited: ({ pid, uid }) => pid === process.pid || uid === 0,
    onTurn: (method, milliseconds) => holdUps.took(method, milliseconds),
    onInternalError: (error: unknown, { method }: Call) => {
      const { errno, name } = failedCall(log, method, error);
      return systemError(errno, name);
    },
  });
}

/**
 * Connections at one socket, as systemd 262 has them: with what three sockets have at most, a quarter of the descriptors is
 * left for root and all else.
 */
function maximumConnections(): number {
  return Math.min(4096, Math.floor(descriptorLimit() / 4));
}

/**
 * Bytes. Nothing that these interfaces take is near it. Reading JSON holds up everybody: 16 MiB, which Varlink allows,
 * for two seconds, and any local user may send it.
 */
const MAXIMUM_CALL = 64 * 1024;
