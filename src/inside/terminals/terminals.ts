import { closeSync } from 'node:fs';
import { openTerminalPeer, type PseudoTerminal } from '../../linux/pseudo-terminal.ts';
import type { OpenedTerminal, ShellRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { TerminalUnits } from '../../machine/terminal-units.ts';
import type { Terminals, WaitingCaller } from '../inside.ts';
import { Openings } from './openings.ts';

/** What terminals are made of. */
export interface TerminalParts {
  /** Opens one in a process of its own, as MachineRoots does. */
  readonly openTerminal: (machine: Machine) => Promise<PseudoTerminal>;
  readonly units: TerminalUnits;
  /** To be set by tests. */
  readonly openings?: Openings;
}

/**
 * Terminals of machines, and what runs on them, which the machine's own service manager starts: it has a unit of its
 * own there, and ends with the machine, or when nobody has the terminal any more.
 */
export class MachineTerminals implements Terminals {
  readonly #parts: TerminalParts;
  readonly #openings: Openings;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.#openings = parts.openings ?? new Openings();
  }

  open(machine: Machine, caller: WaitingCaller): Promise<OpenedTerminal> {
    return this.#opening(machine, caller, async () => {});
  }

  login(machine: Machine, caller: WaitingCaller): Promise<OpenedTerminal> {
    return this.#opening(machine, caller, ({ number }) => this.#parts.units.startLogin(machine, number));
  }

  shell(machine: Machine, request: ShellRequest, caller: WaitingCaller): Promise<OpenedTerminal> {
    return this.#opening(machine, caller, ({ descriptor, number }) =>
      this.#parts.units.startShell(machine, { number, openPeer: () => openTerminalPeer(descriptor) }, request),
    );
  }

  #opening(
    machine: Machine,
    caller: WaitingCaller,
    start: (terminal: PseudoTerminal) => Promise<void>,
  ): Promise<OpenedTerminal> {
    return this.#openings.run(caller, async () => {
      const terminal = await this.#parts.openTerminal(machine);
      try {
        await start(terminal);
        caller.left?.throwIfAborted();
        return { descriptor: terminal.descriptor, path: `/dev/pts/${terminal.number}` };
      } catch (error) {
        // Whatever has been started there is hung up.
        closeSync(terminal.descriptor);
        throw error;
      }
    });
  }
}
