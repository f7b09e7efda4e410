import { isSameRegistration, type Machine, ownUnit } from '../../machine/machine.ts';
import type { Registry } from '../../machine/registry.ts';
import type { UnitManager } from '../../machine/unit-manager.ts';

/**
 * Notices that the unit of a machine has ended while its leader has not: it was moved out of the unit, and is no
 * machine any more (systemd 262). What the manager tells is only a reason to ask it: it also tells that units are gone
 * when it reads its configuration anew.
 */
export class UnitWatch {
  readonly #registry: Registry;
  readonly #units: UnitManager;
  readonly #ended: (machine: Machine) => void;
  readonly #doubtful = new Set<string>();
  #asking = false;

  constructor(registry: Registry, units: UnitManager, ended: (machine: Machine) => void) {
    this.#registry = registry;
    this.#units = units;
    this.#ended = ended;
    units.onChange((unit) => this.#doubt(unit));
  }

  #doubt(unit: string | undefined): void {
    for (const doubtful of unit === undefined ? this.#allUnits() : [unit]) {
      if (this.#registry.byUnit(doubtful) !== undefined) this.#doubtful.add(doubtful);
    }
    if (!this.#asking && this.#doubtful.size > 0) void this.#ask();
  }

  /** One after the other: there may be a thousand, and nobody waits. */
  async #ask(): Promise<void> {
    this.#asking = true;
    for (const unit of this.#doubtful) {
      this.#doubtful.delete(unit);
      const machine = this.#registry.byUnit(unit);
      if (machine === undefined || !(await this.#units.hasEnded(unit))) continue;
      const now = this.#registry.byUnit(unit);
      if (now !== undefined && isSameRegistration(now, machine)) this.#ended(now);
    }
    this.#asking = false;
  }

  *#allUnits(): Iterable<string> {
    for (const machine of this.#registry) {
      const unit = ownUnit(machine);
      if (unit !== undefined) yield unit;
    }
  }
}
