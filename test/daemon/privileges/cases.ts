import type { Operation } from '../../../src/machine/privilege.ts';

export type Transport = 'D-Bus' | 'Varlink';

/** A question about machine NAME, led by a process of number LEADER where it is one that is to be. */
export interface PrivilegeCase {
  /** Arguments for gdbus(1) call: object path below /org/freedesktop, method, arguments; or why D-Bus has none. */
  readonly dbus: readonly [path: string, method: string, ...parameters: string[]] | { readonly none: string };
  /** Method and parameters; or why Varlink has none. */
  readonly varlink: readonly [method: string, parameters: object] | { readonly none: string };
  /** What it is done to is the host, not machine NAME: nobody owns it. */
  readonly host?: true;
  /** It takes the machine away when it is done. */
  readonly destroys?: true;
  /** It adds a machine, so NAME is one that is not there. */
  readonly adds?: true;
  /** Nobody has it of a machine of a user's that has the users of the host, as NAME has. */
  readonly needsOwnUsers?: true;
}

const manager = (method: string, ...parameters: string[]) =>
  ['machine1', `org.freedesktop.machine1.Manager.${method}`, ...parameters] as const;
const machine = (method: string, parameters: object = { name: 'NAME' }) =>
  [`io.systemd.Machine.${method}`, parameters] as const;
const image = (method: string, parameters: object) => [`io.systemd.MachineImage.${method}`, parameters] as const;
const registered = { name: 'NAME', class: 'container', leader: 'LEADER' };

/** One question for every operation of the table of privileges, on each transport that can ask for it. */
export const cases: Readonly<Record<Operation, PrivilegeCase>> = {
  list: { dbus: manager('ListMachines'), varlink: machine('List') },
  'map-ids': {
    dbus: manager('MapFromMachineUser', 'NAME', '0'),
    varlink: machine('MapFrom', { name: 'NAME', uid: 0 }),
  },
  'inspect-machine': {
    dbus: manager('GetMachineOSRelease', 'NAME'),
    varlink: machine('List', { name: 'NAME', acquireMetadata: 'graceful' }),
  },
  'register-machine': {
    dbus: manager('RegisterMachine', 'NAME', '@ay []', 'test', 'container', 'LEADER', ''),
    varlink: machine('Register', registered),
    adds: true,
  },
  'create-machine': {
    dbus: manager('CreateMachine', 'NAME', '@ay []', 'test', 'container', 'LEADER', '', '@a(sv) []'),
    varlink: machine('Register', { ...registered, allocateUnit: true }),
    adds: true,
  },
  'unregister-machine': { dbus: manager('UnregisterMachine', 'NAME'), varlink: machine('Unregister'), destroys: true },
  'terminate-machine': { dbus: manager('TerminateMachine', 'NAME'), varlink: machine('Terminate'), destroys: true },
  'kill-machine': {
    dbus: manager('KillMachine', 'NAME', 'leader', '18'),
    varlink: machine('Kill', { name: 'NAME', signal: 18 }),
  },
  'open-terminal': {
    dbus: manager('OpenMachinePTY', 'NAME'),
    varlink: machine('Open', { name: 'NAME', mode: 'tty' }),
    needsOwnUsers: true,
  },
  'open-login': {
    dbus: manager('OpenMachineLogin', 'NAME'),
    varlink: machine('Open', { name: 'NAME', mode: 'login' }),
    needsOwnUsers: true,
  },
  'open-shell': {
    dbus: manager('OpenMachineShell', 'NAME', 'root', '/bin/true', '[]', '[]'),
    varlink: machine('Open', { name: 'NAME', mode: 'shell', path: '/bin/true' }),
    needsOwnUsers: true,
  },
  'open-host-terminal': {
    dbus: manager('OpenMachinePTY', '.host'),
    varlink: machine('Open', { name: '.host', mode: 'tty' }),
    host: true,
  },
  'open-host-login': {
    dbus: manager('OpenMachineLogin', '.host'),
    varlink: machine('Open', { name: '.host', mode: 'login' }),
    host: true,
  },
  'open-host-shell': {
    dbus: manager('OpenMachineShell', '.host', 'root', '/bin/true', '[]', '[]'),
    varlink: machine('Open', { name: '.host', mode: 'shell', path: '/bin/true' }),
    host: true,
  },
  'bind-mount': {
    dbus: manager('BindMountMachine', 'NAME', '/etc', '/mnt', 'false', 'false'),
    varlink: machine('BindMount', { name: 'NAME', source: '/etc', destination: '/mnt' }),
  },
  'copy-files': {
    // It can be done again and again.
    dbus: manager('CopyFromMachineWithFlags', 'NAME', '/etc/hostname', '/tmp/copied', '1'),
    varlink: machine('CopyFrom', { name: 'NAME', source: '/etc/hostname', destination: '/tmp/copied', replace: true }),
  },
  'open-root-directory': {
    dbus: manager('OpenMachineRootDirectory', 'NAME'),
    varlink: machine('OpenRootDirectory'),
  },
  // systemd 262 asks polkit about it in io.systemd.MachineImage.List alone, for metadata.
  'inspect-image': {
    dbus: { none: 'D-Bus tells everybody of images' },
    varlink: image('List', { name: '.host', acquireMetadata: 'yes' }),
    host: true,
  },
  'manage-image': {
    dbus: manager('MarkImageReadOnly', 'image', 'false'),
    varlink: image('Update', { name: 'image', readOnly: false }),
    host: true,
  },
  'control-daemon': {
    dbus: ['LogControl1', 'org.freedesktop.DBus.Properties.Set', 'org.freedesktop.LogControl1', 'LogLevel', "<'info'>"],
    varlink: ['io.systemd.service.SetLogLevel', { level: 6 }],
    host: true,
  },
};
