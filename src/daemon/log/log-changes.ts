import type { Registry } from '../../machine/registry.ts';
import type { Log } from './log.ts';

/** Logs which machines come and go, and for those who look closer also what changes of them. */
export function logChanges(registry: Registry, log: Log): void {
  registry.subscribe(({ kind, machine }) => {
    const { name, class: machineClass, leader, unit, owner, facts } = machine;
    switch (kind) {
      case 'added':
        log.info('machine added', { name, class: machineClass, leader: leader.pid, unit, uid: owner });
        break;
      case 'removed':
        log.info('machine removed', { name });
        break;
      case 'changed':
        log.debug('machine changed', { name, addresses: facts.addresses.length, ids: facts.uidMap.length });
        break;
    }
  });
}
