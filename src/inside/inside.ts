import type { Authority } from '../machine/authorize.ts';
import { MachineError } from '../machine/errors.ts';
import { toHost } from '../machine/id-map.ts';
import type {
  CopyProgress,
  CopyRequest,
  InsideOperations,
  MountRequest,
  OpenedTerminal,
  ShellRequest,
} from '../machine/inside-operations.ts';
import type { Machine } from '../machine/machine.ts';
import type { Caller, MachineFiles, WaitingCaller } from '../machine/operations.ts';
import { type Operation, terminalOperation } from '../machine/privilege.ts';
import type { Registry } from '../machine/registry.ts';
import { shellCommand } from '../machine/shell-command.ts';

/** Opens terminals of machines, for whoever may have them. */
export interface Terminals {
  /** Not at all when the caller has left before it began. */
  open(machine: Machine, caller: WaitingCaller): Promise<OpenedTerminal>;
  login(machine: Machine, caller: WaitingCaller): Promise<OpenedTerminal>;
  shell(machine: Machine, request: ShellRequest, caller: WaitingCaller): Promise<OpenedTerminal>;
}

/** Mounts files of the host in machines. */
export interface Mounts {
  bind(machine: Machine, request: MountRequest): Promise<void>;
}

/** Copies files between the host and machines. */
export interface Copies {
  copy(machine: Machine, request: CopyRequest, caller: CopyCaller): Promise<void>;
}

/** Who asks for a copy. `left` is aborted when nobody waits for it any more. */
export type CopyCaller = WaitingCaller & {
  /** Told a few times a second how far it has got. */
  readonly onProgress?: (progress: CopyProgress) => void;
};

/** What was asked to be done inside a machine, by whom, and what came of it. */
export interface Deed {
  readonly operation: Operation;
  readonly machine: Machine;
  readonly caller: Pick<Caller, 'uid' | 'pid'>;
  /** What it is about, as polkit is told: `user`, `src`, `dest` … */
  readonly details: Readonly<Record<string, string>>;
  /** Why it was not done. */
  readonly error?: unknown;
}

/** What it takes to do things inside of machines. What is absent is not supported. */
export interface InsideParts {
  readonly registry: Registry;
  readonly authority: Authority;
  /** Whose registry it is: 0 for the system's. */
  readonly uid: number;
  readonly files: MachineFiles;
  /**
   * Whether the user who has registered a machine has power over its users by himself, having made the user namespace
   * that its leader is in. Throws MachineError `no-such-process` when that has ended.
   */
  ownsUsers(machine: Machine): boolean;
  /** Whether a machine is ours to do anything in: one that is another registry's is left to that. */
  keeps(machine: Machine): boolean;
  readonly terminals?: Terminals | undefined;
  readonly mounts?: Mounts | undefined;
  readonly copies?: Copies | undefined;
  /** Hears of each thing that was asked for, when it was done, refused or failed. */
  onDeed(deed: Deed): void;
}

/** Lets callers do things inside of machines, or not, and tells of it. */
export class Inside implements InsideOperations {
  readonly #parts: InsideParts;

  constructor(parts: InsideParts) {
    this.#parts = parts;
  }

  openTerminal(machine: Machine, caller: Caller): Promise<OpenedTerminal> {
    const { terminals } = this.#parts;
    return this.#do(terminalOperation('tty', machine), machine, caller, {}, (now) => terminals?.open(now, caller));
  }

  openLogin(machine: Machine, caller: Caller): Promise<OpenedTerminal> {
    const { terminals } = this.#parts;
    return this.#do(terminalOperation('login', machine), machine, caller, {}, (now) => terminals?.login(now, caller));
  }

  openShell(machine: Machine, request: ShellRequest, caller: Caller): Promise<OpenedTerminal> {
    const { terminals } = this.#parts;
    // What it is without a word of it is told as well: rules may be about who is root in there (systemd 262). So may they
    // be about the command, whose arguments have a space between them and nothing around them, as systemd 262 tells it.
    const { program, args } = shellCommand(request);
    const details = { user: request.user ?? 'root', program, command_line: args.join(' ') };
    const operation = terminalOperation('shell', machine);
    return this.#do(operation, machine, caller, details, (now) => terminals?.shell(now, request, caller));
  }

  openRootDirectory(machine: Machine, caller: Caller): Promise<number> {
    const { files } = this.#parts;
    return this.#do('open-root-directory', machine, caller, {}, (now) => files.openRootDirectory(now));
  }

  bindMount(machine: Machine, request: MountRequest, caller: Caller): Promise<void> {
    const { mounts } = this.#parts;
    const details = { src: request.source, dest: request.destination };
    return this.#do('bind-mount', machine, caller, details, (now) => mounts?.bind(now, request));
  }

  copy(
    machine: Machine,
    request: CopyRequest,
    caller: Caller,
    onProgress?: (progress: CopyProgress) => void,
  ): Promise<void> {
    const { copies } = this.#parts;
    const { uid, left } = caller;
    const asking: CopyCaller = { uid, ...(left && { left }), ...(onProgress && { onProgress }) };
    const details = { src: request.source, dest: request.destination };
    return this.#do('copy-files', machine, caller, details, (now) => copies?.copy(now, request, asking));
  }

  async #do<T>(
    operation: Operation,
    machine: Machine,
    caller: Caller,
    details: Readonly<Record<string, string>>,
    act: (machine: Machine) => Promise<T> | undefined,
  ): Promise<T> {
    const { registry, authority, uid, keeps, onDeed } = this.#parts;
    const deed = { operation, machine, caller, details };
    try {
      if (uid === 0 && TERMINALS.has(operation)) this.#requireRootOfItsOwn(machine);
      await authority.authorize(operation, caller, machine, details);
      // While polkit was asked it may have gone, and another have come with its name.
      const now = registry.current(machine);
      if (uid === 0) requireSureLeader(now);
      const done = operation === 'open-root-directory' || keeps(now) ? act(now) : undefined;
      if (done === undefined) throw new MachineError('not-supported', `this cannot be done to machine ${machine.name}`);
      const result = await done;
      onDeed(deed);
      return result;
    } catch (error) {
      onDeed({ ...deed, error });
      throw error;
    }
  }

  /**
   * Of a machine that a user has registered, and whose root would be the host's or that of another user's container,
   * nobody gets a terminal: the user may have done no more than to call a process of his own a machine (systemd 262;
   * CVE-2026-40224), and there may be one also in a container that is not his, where that has his uid.
   */
  #requireRootOfItsOwn(machine: Machine): void {
    const { owner, facts } = machine;
    if (owner === 0) return;
    if (facts.sharesHostUsers || toHost(facts.uidMap, 0) === 0) {
      throw new MachineError('permission-denied', 'Only root may shell into the root user namespace', 'machine');
    }
    if (this.#parts.ownsUsers(machine)) return;
    const reason = `Only root may shell into ${machine.name}, whose users are not those of the user who registered it`;
    throw new MachineError('permission-denied', reason, 'machine');
  }
}

const TERMINALS: ReadonlySet<Operation> = new Set(['open-terminal', 'open-login', 'open-shell']);

/**
 * Where the kernel has no pidfd ids (before Linux 6.9) a process that goes there could find another with the leader's
 * number, and whoever registered the machine could see to it that this is one of the host's.
 */
function requireSureLeader({ name, owner, leader }: Machine): void {
  if (owner === 0 || leader.pidfdId !== undefined) return;
  throw new MachineError('not-supported', `the leader of ${name} cannot be told from a later process by this kernel`);
}
