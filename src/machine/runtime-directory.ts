import { join } from 'node:path';

/** The runtime directory of the system, where systemd's programs look. */
export const systemDirectory = '/run/systemd';

/** The name of systemd-machined's sockets, which whoever is in its place has. */
export const machinedService = 'io.systemd.Machine';

/** The name of our own sockets, beside those of systemd-machined. */
export const besideService = 'io.github.mymachines';

/** What a daemon's sockets are called. For userdb it is also the `service` of every question and record. */
export type ServiceName = typeof machinedService | typeof besideService;

/** Where everything is that clients and other programs look for, below one directory. */
export interface RuntimePaths {
  /** `/run/systemd` for root, `$XDG_RUNTIME_DIR/systemd` for other users, or what was asked for. */
  readonly directory: string;
  readonly service: ServiceName;
  /** io.systemd.Machine */
  readonly machineSocket: string;
  /** io.systemd.UserDatabase */
  readonly userdbSocket: string;
  /** io.systemd.Resolve.Hook, which only the system's daemon answers. */
  readonly hookSocket: string;
  /** The directory that one daemon has to itself. */
  readonly own: string;
  /** State files, as sd-login(3) reads them where they are in systemd-machined's place. */
  readonly states: string;
}

/**
 * The paths below a runtime directory. The sockets of both services are in the same directories, where programs look
 * for all that there are; nothing else is shared.
 */
export function runtimePaths(directory: string, service: ServiceName): RuntimePaths {
  const beside = service === besideService;
  return {
    directory,
    service,
    machineSocket: join(directory, 'machine', service),
    userdbSocket: join(directory, 'userdb', service),
    hookSocket: join(directory, 'resolve.hook', service),
    own: join(directory, beside ? 'mymachines' : 'machines'),
    states: join(directory, beside ? 'mymachines/machines' : 'machines'),
  };
}

/**
 * The runtime directory when none is named: that of the system for root, that of the user for others. Undefined for a
 * user without $XDG_RUNTIME_DIR.
 */
export function defaultRuntimeDirectory(uid: number, environment: NodeJS.ProcessEnv): string | undefined {
  if (uid === 0) return systemDirectory;
  const own = environment['XDG_RUNTIME_DIR'];
  return own === undefined || own === '' ? undefined : join(own, 'systemd');
}
