import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { ShellRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { NumberedTerminal, TerminalUnits } from '../../machine/terminal-units.ts';
import { type Entering, LOGIN, type ShellParts } from '../entering/entering.ts';

/** A shell or login that was started without a service manager has ended. */
export interface EndedShell {
  readonly machine: Machine;
  /** Its status, or 128 and the signal that ended it; undefined where nobody can tell. */
  readonly status: number | undefined;
}

/**
 * What a machine's service manager starts; and in a machine that has no system bus, and so no systemd, shells and logins
 * without one. A bus that is there and does not answer is no reason: then it is not known what the machine wants.
 */
export class UnitsOrDirect implements TerminalUnits {
  readonly #units: TerminalUnits;
  readonly #entering: Direct;
  readonly #onEnd: (shell: EndedShell) => void;

  constructor(units: TerminalUnits, entering: Direct, onEnd: (shell: EndedShell) => void) {
    this.#units = units;
    this.#entering = entering;
    this.#onEnd = onEnd;
  }

  async startLogin(machine: Machine, terminal: NumberedTerminal): Promise<void> {
    try {
      await this.#units.startLogin(machine, terminal);
    } catch (error) {
      if (!hasNoBus(machine, error)) throw error;
      await this.#entering.startLogin(machine, this.#parts(machine, terminal)).catch((cause: unknown) => {
        throw cause instanceof SystemFailure && cause.errnoName === 'ENOENT' ? withoutLogin(machine, cause) : cause;
      });
    }
  }

  async startShell(machine: Machine, terminal: NumberedTerminal, request: ShellRequest): Promise<void> {
    try {
      await this.#units.startShell(machine, terminal, request);
    } catch (error) {
      if (!hasNoBus(machine, error)) throw error;
      await this.#entering.startShell(machine, request, this.#parts(machine, terminal));
    }
  }

  #parts(machine: Machine, terminal: NumberedTerminal): ShellParts {
    return { openPeer: () => terminal.openPeer(), onEnd: (status) => this.#onEnd({ machine, status }) };
  }
}

type Direct = Pick<Entering, 'startLogin' | 'startShell'>;

function withoutLogin({ name }: Machine, cause: SystemFailure): MachineError {
  const text = `There is no system bus in container ${name}, and no ${LOGIN}.`;
  return new MachineError('no-ipc', text, undefined, { cause });
}

function hasNoBus(machine: Machine, error: unknown): boolean {
  if (machine.class !== 'container' || !(error instanceof MachineError) || error.code !== 'no-ipc') return false;
  const { cause } = error;
  return cause instanceof SystemFailure && (cause.errnoName === 'ENOENT' || cause.errnoName === 'ENOTDIR');
}
