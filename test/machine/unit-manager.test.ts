import { expect, it } from 'vitest';
import { isSameRegistration } from '../../src/machine/machine.ts';
import { parseMachineName } from '../../src/machine/machine-name.ts';
import { scopeDescription, scopeUnitName } from '../../src/machine/unit-manager.ts';
import { sampleMachine } from './sample-machine.ts';

// As systemd-machined 262 named them.
it.each([
  ['web', 'machine-web.scope'],
  ['va-1', 'machine-va\\x2d1.scope'],
  ['v.a--b.c', 'machine-v.a\\x2d\\x2db.c.scope'],
  ['UPPER9', 'machine-UPPER9.scope'],
])('the scope of machine %s is %s', (name, unit) => {
  expect(scopeUnitName(parseMachineName(name))).toBe(unit);
});

it('describes a scope as systemd-machined does', () => {
  const name = parseMachineName('va-1');
  expect([scopeDescription('container', name), scopeDescription('vm', name)]).toEqual([
    'Container va-1',
    'Virtual Machine va-1',
  ]);
});

it('tells a registration from a later one of the same name, not from its own later state', () => {
  const web = sampleMachine('web');
  expect(isSameRegistration(web, { ...web, facts: { ...web.facts, sharesHostNetwork: true } })).toBe(true);
  const later = { realtime: web.timestamp.realtime + 1, monotonic: web.timestamp.monotonic + 1 };
  expect(isSameRegistration(web, { ...web, timestamp: later })).toBe(false);
  expect(isSameRegistration(web, { ...web, leader: { pid: web.leader.pid, pidfdId: 1 } })).toBe(false);
  expect(isSameRegistration(web, sampleMachine('web'))).toBe(false);
});
