import { closeSync } from 'node:fs';
import { openTerminalPeer, type PseudoTerminal } from '../../linux/pseudo-terminal.ts';
import { MachineError } from '../../machine/errors.ts';
import type { OpenedTerminal, ShellRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { WaitingCaller } from '../../machine/operations.ts';
import type { NumberedTerminal, TerminalUnits } from '../../machine/terminal-units.ts';
import { BoundedQueue, requireWaiting } from '../bounded-queue.ts';
import type { Terminals } from '../inside.ts';

/** What terminals are made of. */
export interface TerminalParts {
  /** Opens one in a process of its own, as MachineRoots does. */
  readonly openTerminal: (machine: Machine) => Promise<PseudoTerminal>;
  readonly units: TerminalUnits;
}

/**
 * Terminals of machines, and what runs on them, which the machine's own service manager starts: it has a unit of its
 * own there, and ends with the machine, or when nobody has the terminal any more.
 */
export class MachineTerminals implements Terminals {
  readonly #parts: TerminalParts;
  /** Each takes descriptors, a process, and time of a machine that may take its own. */
  readonly #openings = new BoundedQueue({ atOnce: 16, ofUser: 64, inAll: 256 }, tooMany);

  constructor(parts: TerminalParts) {
    this.#parts = parts;
  }

  open(machine: Machine, caller: WaitingCaller): Promise<OpenedTerminal> {
    return this.#opening(machine, caller, async () => {});
  }

  login(machine: Machine, caller: WaitingCaller): Promise<OpenedTerminal> {
    const { units } = this.#parts;
    return this.#opening(machine, caller, (terminal) => units.startLogin(machine, numbered(terminal)));
  }

  shell(machine: Machine, request: ShellRequest, caller: WaitingCaller): Promise<OpenedTerminal> {
    const { units } = this.#parts;
    return this.#opening(machine, caller, (terminal) => units.startShell(machine, numbered(terminal), request));
  }

  #opening(
    machine: Machine,
    { uid, left }: WaitingCaller,
    start: (terminal: PseudoTerminal) => Promise<void>,
  ): Promise<OpenedTerminal> {
    return this.#openings.run({ uid, left }, async () => {
      requireWaiting({ left });
      const terminal = await this.#parts.openTerminal(machine);
      try {
        await start(terminal);
        requireWaiting({ left });
        return { descriptor: terminal.descriptor, path: `/dev/pts/${terminal.number}` };
      } catch (error) {
        // Whatever has been started there is hung up.
        closeSync(terminal.descriptor);
        throw error;
      }
    });
  }
}

function tooMany(): MachineError {
  return new MachineError('too-many-operations', 'too many terminals are being opened');
}

function numbered({ descriptor, number }: PseudoTerminal): NumberedTerminal {
  return { number, openPeer: () => openTerminalPeer(descriptor) };
}
