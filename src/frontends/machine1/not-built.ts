import type { MethodCall } from '../../dbus/call.ts';
import type { Authority } from '../../machine/authorize.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Operation, terminalOperation } from '../../machine/privilege.ts';
import { parseAbsolutePath, parseNormalizedPath } from '../../machine/registration-rules.ts';
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
  /** One bit: replace files that are there. */
  readonly flags?: bigint;
}

/**
 * Terminals, bind mounts and copies, which are to come. Whoever calls is told what is wrong with the arguments, then
 * whether it would be allowed, and only then that it cannot be done.
 */
export class NotBuilt {
  readonly #authority: Authority;

  constructor(authority: Authority) {
    this.#authority = authority;
  }

  openPTY(machine: Machine, call: MethodCall): Promise<never> {
    return this.#open('tty', machine, call);
  }

  openLogin(machine: Machine, call: MethodCall): Promise<never> {
    return this.#open('login', machine, call);
  }

  openShell(machine: Machine, { user, path, environment }: ShellArguments, call: MethodCall): Promise<never> {
    if (path !== '') worded(`Specified path '${path}' is not absolute`, () => parseAbsolutePath(path, 'path'));
    if (!environment.every((assignment) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(assignment))) {
      throw invalidArguments('Invalid environment assignments');
    }
    return this.#open('shell', machine, call, user === '' ? {} : { user });
  }

  bindMount(machine: Machine, given: PathArguments, call: MethodCall): Promise<never> {
    if (machine.class !== 'container') throw notSupported('Bind mounting is only supported on container machines.');
    return this.#refuse('bind-mount', machine, call, readPaths(given));
  }

  copy(machine: Machine, given: PathArguments, call: MethodCall): Promise<never> {
    if (machine.class !== 'container') throw notSupported('Copying files is only supported on container machines.');
    const paths = readPaths(given);
    if ((given.flags ?? 0n) > 1n) throw invalidArguments('Invalid argument');
    return this.#refuse('copy-files', machine, call, paths);
  }

  #open(
    mode: Parameters<typeof terminalOperation>[0],
    machine: Machine,
    call: MethodCall,
    details?: Readonly<Record<string, string>>,
  ): Promise<never> {
    return this.#refuse(terminalOperation(mode, machine), machine, call, details);
  }

  #refuse(
    operation: Operation,
    machine: Machine,
    call: MethodCall,
    details?: Readonly<Record<string, string>>,
  ): Promise<never> {
    return doing({ machine }, call, async (caller) => {
      await this.#authority.authorize(operation, caller, machine, details);
      if (machine.class === 'vm') throw new MachineError('not-supported', `${machine.name} is a VM`);
      throw notSupported(`This cannot be done to machine '${machine.name}' yet.`);
    });
  }
}

/** As polkit is told of them. */
function readPaths({ source, destination }: PathArguments): { readonly src: string; readonly dest: string } {
  worded('Source path must be absolute and normalized.', () => parseNormalizedPath(source, 'source'));
  if (destination !== '') {
    worded('Destination path must be absolute and normalized.', () => parseNormalizedPath(destination, 'destination'));
  }
  return { src: source, dest: destination === '' ? source : destination };
}
