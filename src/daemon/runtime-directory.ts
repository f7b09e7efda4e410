import { join } from 'node:path';

/** Where everything is that clients and other programs look for, below one directory. */
export interface RuntimePaths {
  /** `/run/systemd` for root, `$XDG_RUNTIME_DIR/systemd` for other users, or what was asked for. */
  readonly directory: string;
  /** io.systemd.Machine */
  readonly machineSocket: string;
  /** io.systemd.UserDatabase */
  readonly userdbSocket: string;
  /** io.systemd.Resolve.Hook, which only the system's daemon answers. */
  readonly hookSocket: string;
  /** State files, as sd-login(3) reads them. */
  readonly states: string;
}

/** The paths below a runtime directory. */
export function runtimePaths(directory: string): RuntimePaths {
  return {
    directory,
    machineSocket: join(directory, 'machine', 'io.systemd.Machine'),
    userdbSocket: join(directory, 'userdb', 'io.systemd.Machine'),
    hookSocket: join(directory, 'resolve.hook', 'io.systemd.Machine'),
    states: join(directory, 'machines'),
  };
}

/**
 * The runtime directory when none is named: that of the system for root, that of the user for others. Undefined for a
 * user without $XDG_RUNTIME_DIR.
 */
export function defaultRuntimeDirectory(uid: number, environment: NodeJS.ProcessEnv): string | undefined {
  if (uid === 0) return '/run/systemd';
  const own = environment['XDG_RUNTIME_DIR'];
  return own === undefined || own === '' ? undefined : join(own, 'systemd');
}
