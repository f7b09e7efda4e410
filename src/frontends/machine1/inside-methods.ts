import type { MethodCall } from '../../dbus/call.ts';
import type { CopyRequest, InsideOperations, OpenedTerminal, ShellRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import { parseAbsolutePath, parseNormalizedPath } from '../../machine/registration-rules.ts';
import { parseEnvironment, parseUserOrNumber } from '../../machine/shell-rules.ts';
import { doing } from './answering.ts';
import { invalidArguments, notSupported, worded } from './errors.ts';

/** The arguments of OpenShell. Texts may be empty: root, and that user's shell. */
export interface ShellArguments {
  readonly user: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly environment: readonly string[];
}

/** The arguments of methods that move files, or mount them. */
export interface PathArguments {
  readonly source: string;
  /** The same as the source when empty. */
  readonly destination: string;
}

/** The arguments of those that copy. */
export interface CopyArguments extends PathArguments {
  /** One bit: replace files that are there. */
  readonly flags?: bigint;
}

/** The arguments of BindMount. */
export interface BindArguments extends PathArguments {
  readonly read_only: boolean;
  readonly mkdir: boolean;
}

/** A terminal as it is answered with. The descriptor is sent, and closed. */
interface Terminal {
  readonly pty: number;
  readonly pty_path: string;
}

/**
 * Terminals, root directories, bind mounts and copies. Whoever calls is told what is wrong with the arguments first,
 * and then whether it is allowed.
 */
export class InsideMethods {
  readonly #inside: InsideOperations;

  constructor(inside: InsideOperations) {
    this.#inside = inside;
  }

  openPTY(machine: Machine, call: MethodCall): Promise<Terminal> {
    return doing({ machine }, call, async (caller) => terminal(await this.#inside.openTerminal(machine, caller)));
  }

  openLogin(machine: Machine, call: MethodCall): Promise<Terminal> {
    return doing({ machine }, call, async (caller) => terminal(await this.#inside.openLogin(machine, caller)));
  }

  openShell(machine: Machine, { user, path, args, environment }: ShellArguments, call: MethodCall): Promise<Terminal> {
    if (user !== '') worded(`Invalid user name '${user}'`, () => parseUserOrNumber(user, 'user'));
    if (path !== '') worded(`Specified path '${path}' is not absolute`, () => parseAbsolutePath(path, 'path'));
    worded('Invalid environment assignments', () => parseEnvironment(environment, 'environment'));
    const request: ShellRequest = {
      ...(user !== '' && { user }),
      ...(path !== '' && { path }),
      ...(args.length > 0 && { args }),
      environment,
    };
    return doing({ machine }, call, async (caller) => terminal(await this.#inside.openShell(machine, request, caller)));
  }

  openRootDirectory(machine: Machine, call: MethodCall): Promise<{ fd: number }> {
    const onlyContainers = 'Opening the root directory is only supported on container machines.';
    return doing({ machine, onlyContainers }, call, async (caller) => ({
      fd: await this.#inside.openRootDirectory(machine, caller),
    }));
  }

  bindMount(machine: Machine, given: BindArguments, call: MethodCall): Promise<Record<never, never>> {
    if (machine.class !== 'container') throw notSupported('Bind mounting is only supported on container machines.');
    const request = { ...readPaths(given), readOnly: given.read_only, mkdir: given.mkdir };
    return doing({ machine }, call, async (caller) => {
      await this.#inside.bindMount(machine, request, caller);
      return {};
    });
  }

  copy(
    direction: CopyRequest['direction'],
    machine: Machine,
    given: CopyArguments,
    call: MethodCall,
  ): Promise<Record<never, never>> {
    if (machine.class !== 'container') throw notSupported('Copying files is only supported on container machines.');
    const paths = readPaths(given);
    const flags = given.flags ?? 0n;
    if (flags > 1n) throw invalidArguments('Invalid argument');
    const request = { direction, ...paths, replace: flags === 1n };
    return doing({ machine }, call, async (caller) => {
      await this.#inside.copy(machine, request, caller);
      return {};
    });
  }
}

function terminal({ descriptor, path }: OpenedTerminal): Terminal {
  return { pty: descriptor, pty_path: path };
}

function readPaths({ source, destination }: PathArguments): PathArguments {
  worded('Source path must be absolute and normalized.', () => parseNormalizedPath(source, 'source'));
  if (destination !== '') {
    worded('Destination path must be absolute and normalized.', () => parseNormalizedPath(destination, 'destination'));
  }
  return { source, destination: destination === '' ? source : destination };
}
