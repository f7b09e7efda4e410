import { type AnyVariant, Variant } from '../../dbus/values.ts';
import type { ScopeRequest } from '../../machine/unit-manager.ts';

/** How the leader of a scope is named: pinned (systemd 253 and later), or by its number. */
export type LeaderNaming = 'PIDFDs' | 'PIDs';

/**
 * The properties of a machine's scope unit, those of systemd-machined 262: it is in machine.slice; the machine's own
 * systemd may make control groups in it; it is forgotten also when it failed. What was asked for comes last, and so
 * replaces these.
 */
export function scopeProperties(
  { description, leader, properties }: ScopeRequest,
  naming: LeaderNaming,
): readonly (readonly [string, AnyVariant])[] {
  return [
    ['Slice', new Variant('s', 'machine.slice')],
    ['Description', new Variant('s', description)],
    naming === 'PIDFDs'
      ? ['PIDFDs', new Variant('ah', [leader.newPidfd()])]
      : ['PIDs', new Variant('au', [leader.pid])],
    ['Delegate', new Variant('b', true)],
    ['CollectMode', new Variant('s', 'inactive-or-failed')],
    ['TasksMax', new Variant('t', 16_384n)],
    ...properties,
  ];
}
