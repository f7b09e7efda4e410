import type { Question } from '../question.ts';

const machineSocket = '/run/systemd/machine/io.systemd.Machine';
const hookSocket = '/run/systemd/resolve.hook/io.systemd.Machine';
const userdbSocket = '/run/systemd/userdb/io.systemd.Machine';

/** Unmodified programs and what they print, on top of whoever answers. */
const commands: readonly string[] = [
  ...[
    'vu-c1-0',
    'vu-c1-33',
    '«c1.base»',
    '«c1.base+33»',
    'vu-c1-65536',
    'vu-nope-0',
    '100000',
    '99999',
    'vu-mapped-70009',
  ].flatMap((user) => [
    `getent passwd ${user}`,
    `userdbctl user ${user}`,
    `userdbctl user ${user} --json=pretty`,
    `id ${user}`,
  ]),
  ...['vg-c1-0', 'vg-c1-33', '«c1.base+33»', 'vg-c1-65536', 'vg-nope-0', '150000', '99999', 'vg-mapped-9'].flatMap(
    (group) => [`getent group ${group}`, `userdbctl group ${group}`, `userdbctl group ${group} --json=pretty`],
  ),
  'getent passwd',
  'getent group',
  'getent initgroups vu-c1-0',
  'userdbctl user',
  'userdbctl group',
  'userdbctl users-in-group vg-c1-0',
  'userdbctl groups-of-user vu-c1-0',
  'userdbctl services',
  'id -u vu-c1-0',
  'id -nG vu-c1-0',
  'stat -c %U:%G /proc/«c1.leader.pid»',
  'ps -o user:20= -p «c1.leader.pid»',
  ...[machineSocket, userdbSocket].flatMap((socket) => [
    `varlinkctl list-interfaces ${socket}`,
    `varlinkctl list-methods ${socket}`,
    `varlinkctl introspect ${socket} org.varlink.service`,
  ]),
  `varlinkctl info ${machineSocket}`,
  `varlinkctl info ${userdbSocket}`,
  `varlinkctl info ${hookSocket}`,
  `varlinkctl introspect ${machineSocket} io.systemd.Machine`,
  `varlinkctl introspect ${machineSocket} io.systemd.service`,
  `varlinkctl introspect ${userdbSocket} io.systemd.UserDatabase`,
  `varlinkctl introspect ${hookSocket} io.systemd.Resolve.Hook`,
  `varlinkctl introspect ${machineSocket} io.systemd.Machine >/tmp/idl && varlinkctl validate-idl /tmp/idl`,
  `varlinkctl introspect ${userdbSocket} io.systemd.UserDatabase >/tmp/idl && varlinkctl validate-idl /tmp/idl`,
  ...[`'{"name":"c1"}'`, `'{"name":"nope"}'`, `'{"name":"ah@?"}'`, `'{"pid":{"pid":«c1.leader.pid»}}'`, `'{}'`].map(
    (parameters) => `varlinkctl call ${machineSocket} io.systemd.Machine.List ${parameters}`,
  ),
  `varlinkctl -j call ${machineSocket} io.systemd.Machine.List '{"name":"c1"}'`,
  `varlinkctl --more call ${machineSocket} io.systemd.Machine.List '{"name":"c1"}'`,
  `varlinkctl --oneway call ${machineSocket} io.systemd.Machine.List '{"name":"c1"}'`,
  `varlinkctl call ${machineSocket} io.systemd.Machine.MapTo '{"uid":100000}'`,
  `varlinkctl call ${machineSocket} io.systemd.service.Ping`,
  `varlinkctl call ${userdbSocket} io.systemd.UserDatabase.GetUserRecord '{"uid":100000,"service":"io.systemd.Machine"}'`,
  `varlinkctl call /run/varlink/registry/io.systemd.Machine io.systemd.Machine.List '{"name":"plain"}'`,
];

export const clientQuestions: readonly Question[] = commands.map((command) => ({
  id: `client: ${command}`,
  kind: 'run',
  command: ['bash', '-c', command],
}));
