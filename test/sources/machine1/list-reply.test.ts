import { expect, it } from 'vitest';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { toldByReply } from '../../../src/sources/machine1/list-reply.ts';
import { believe } from '../../../src/sources/machine1/told-machine.ts';

const name = 'one' as MachineName;
/** As systemd-machined 262 lists a container of systemd-nspawn. */
const recorded = {
  name: 'one',
  id: 'a003af40bc1e4ffb922f13f751bf7c53',
  class: 'container',
  service: 'systemd-nspawn',
  rootDirectory: '/var/lib/machines/one',
  unit: 'one.scope',
  leader: { pid: 278, pidfdId: 2082127, bootId: 'ab9dc7a7ce7f4c2aa5c4ba3ecc5f5ab0' },
  supervisor: { pid: 274, pidfdId: 2082110, bootId: 'ab9dc7a7ce7f4c2aa5c4ba3ecc5f5ab0' },
  timestamp: { realtime: 1795285326461149, monotonic: 12918374544 },
  UID: 0,
};

it('tells what systemd-machined lists over Varlink', () => {
  expect(believe(toldByReply(recorded), name)).toEqual({
    machine: {
      name: 'one',
      class: 'container',
      leader: { pid: 278, pidfdId: 2082127 },
      supervisor: { pid: 274, pidfdId: 2082110 },
      id: 'a003af40bc1e4ffb922f13f751bf7c53',
      service: 'systemd-nspawn',
      rootDirectory: '/var/lib/machines/one',
      unit: 'one.scope',
      interfaces: [],
      owner: 0,
      timestamp: { realtime: 1795285326461149, monotonic: 12918374544 },
    },
    problems: [],
  });
});

it('takes null for nothing, and no structure for one without fields', () => {
  const fields = Object.fromEntries(Object.keys(recorded).map((key) => [key, null]));
  const odd = { ...fields, leader: 'x', supervisor: null, timestamp: 7, name: 'one', class: 'vm' };
  expect(believe(toldByReply(odd), name)).toEqual({
    machine: { name: 'one', class: 'vm', interfaces: [], owner: 0, timestamp: { realtime: 0, monotonic: 0 } },
    problems: [],
  });
});
