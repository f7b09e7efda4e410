import type { RegisteredClass } from './machine.ts';
import type { MachineName } from './machine-name.ts';
import type { ScopeProperty } from './operations.ts';

/** A scope unit that is to be made around a machine's leader. */
export interface ScopeRequest {
  readonly unit: string;
  readonly description: string;
  readonly leader: {
    readonly pid: number;
    /** A new pidfd of it, which the taker closes; throws when it has ended. */
    newPidfd(): number;
  };
  /** Added to, and able to replace, the ones that every machine's scope has. */
  readonly properties: readonly ScopeProperty[];
}

/** The service manager whose units the machines of a registry are in, where there is one. */
export interface UnitManager {
  /**
   * Makes a scope unit and waits until the leader is in it. False when there is no manager to ask.
   * @throws MachineError `unit-failed` (`cause`: the manager's error), `machine-exists` (`unit`), `timed-out`
   */
  startScope(request: ScopeRequest): Promise<boolean>;
  /**
   * Begins to end a unit with all processes in it, as its KillMode= says (systemd.kill(5)). False when the manager
   * cannot be asked, or does not do it.
   */
  stop(unit: string): Promise<boolean>;
}

/**
 * The scope unit that is made for a machine: as in `machine-my\x2dweb.scope` (systemd 262). Of what a machine name may
 * have, only hyphens need escaping: in the name of a unit they are slashes (systemd.unit(5)).
 */
export function scopeUnitName(name: MachineName): string {
  return `machine-${name.replaceAll('-', '\\x2d')}.scope`;
}

/** How its unit is described to people (systemd 262). */
export function scopeDescription(machineClass: RegisteredClass, name: MachineName): string {
  return `${machineClass === 'vm' ? 'Virtual Machine' : 'Container'} ${name}`;
}
