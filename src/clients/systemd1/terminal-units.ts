import type { Bus } from '../../dbus/connection/bus.ts';
import { MachineError } from '../../machine/errors.ts';
import type { ShellRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { NumberedTerminal, TerminalUnits } from '../../machine/terminal-units.ts';
import { refused } from './refused.ts';
import { shellProperties } from './shell-properties.ts';

/** A bus that a service manager is on. */
export type ManagerBus = Pick<Bus, 'call'>;

/** Who can be asked for units. */
export interface TerminalUnitsParts {
  /** The connection to the host's own bus, while there is one. */
  readonly hostBus: () => ManagerBus | undefined;
  /**
   * Connects to a machine's bus, as its root.
   * @throws MachineError as TerminalUnits does
   */
  readonly connect: (machine: Machine) => Promise<ManagerBus & Pick<Bus, 'close'>>;
  /** Milliseconds that a manager may take to answer; to be set by tests. */
  readonly patience?: number;
}

/**
 * What runs on terminals of machines is started by the systemd there (org.freedesktop.systemd1(5)), as systemd-machined
 * 262 has it done. Who is asked may be hostile: it is waited for ten seconds, and of its answer nothing is believed but
 * that it is an answer, or the name and text of an error.
 */
export class SystemdTerminalUnits implements TerminalUnits {
  readonly #parts: TerminalUnitsParts;

  constructor(parts: TerminalUnitsParts) {
    this.#parts = parts;
  }

  startLogin(machine: Machine, { number }: NumberedTerminal): Promise<void> {
    return this.#ask(machine, async (bus) => {
      const body = [`container-getty@${number}.service`, 'replace'];
      await bus.call({ ...this.#manager(), member: 'StartUnit', signature: 'ss', body });
    });
  }

  startShell(machine: Machine, terminal: NumberedTerminal, request: ShellRequest): Promise<void> {
    return this.#ask(machine, async (bus) => {
      const properties = shellProperties(terminal.number, terminal.openPeer(), request);
      const body = [`container-shell@${terminal.number}.service`, 'fail', properties, []];
      await bus.call({ ...this.#manager(), member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))', body });
    });
  }

  async #ask(machine: Machine, ask: (bus: ManagerBus) => Promise<void>): Promise<void> {
    const { hostBus, connect } = this.#parts;
    if (machine.class === 'host') {
      const bus = hostBus();
      if (bus === undefined) throw new MachineError('no-ipc', 'There is no connection to a bus of the host.');
      await answered(machine, ask(bus));
      return;
    }
    const bus = await connect(machine);
    try {
      await answered(machine, ask(bus));
    } finally {
      bus.close();
    }
  }

  #manager() {
    return {
      destination: 'org.freedesktop.systemd1',
      path: '/org/freedesktop/systemd1',
      interface: 'org.freedesktop.systemd1.Manager',
      timeout: this.#parts.patience ?? 10_000,
    } as const;
  }
}

async function answered(machine: Machine, asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    throw refused(machine, error);
  }
}
