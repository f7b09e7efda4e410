import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { description as machine } from '../../../src/frontends/machine1/org.freedesktop.machine1.Machine.ts';
import { description as manager } from '../../../src/frontends/machine1/org.freedesktop.machine1.Manager.ts';
import { privileges } from '../../../src/machine/privilege.ts';
import { projectRoot } from '../../support/project-root.ts';
import { allowedCalls, polkitDefaults } from './rules.ts';

const share = (path: string) => readFileSync(`${projectRoot}/share/${path}`, 'utf8');

it('lets the bus pass on every method that there is, as what is not listed is refused before anybody is asked', () => {
  const allowed = allowedCalls(share('dbus/mymachines.conf'));
  for (const { name, methods } of [manager, machine]) {
    const listed = allowed.filter((call) => call.startsWith(`${name}.`));
    expect(listed).toEqual(
      Object.keys(methods)
        .map((method) => `${name}.${method}`)
        .sort(),
    );
  }
});

it('tells polkit of every action that the table of privileges names, with the same defaults', () => {
  const defaults = polkitDefaults(share('polkit/org.freedesktop.machine1.policy'));
  for (const privilege of Object.values(privileges)) {
    if (typeof privilege === 'string') continue;
    const active = privilege.activeSession === 'nothing' ? 'yes' : 'auth_admin_keep';
    expect(defaults[`org.freedesktop.machine1.${privilege.action}`]).toEqual(['auth_admin', 'auth_admin', active]);
  }
});
