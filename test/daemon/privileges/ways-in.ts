import type { LabQuestion } from '../../support/lab-calls.ts';

/**
 * All ways there are to get a terminal, a login or a shell of root in a machine: by name, by a process, and by object.
 * @param object the machine's, as the last element of its path
 * @param leader absent: nobody finds it by its process, as systemd-machined 262 does not find the host
 * @param mark a file that a shell would make
 */
export function waysIn(name: string, object: string, leader: number | undefined, mark: string): readonly LabQuestion[] {
  const manager = '/org/freedesktop/machine1';
  const shell = ['root', '/bin/touch', `['touch', '${mark}']`, '[]'];
  const [byManager, byObject] = [
    'org.freedesktop.machine1.Manager.OpenMachine',
    'org.freedesktop.machine1.Machine.Open',
  ];
  const path = `${manager}/machine/${object}`;
  const open = (mode: string, more: object = {}): LabQuestion[] =>
    [{ name }, ...(leader === undefined ? [] : [{ pid: { pid: leader } }])].map((machine) => ({
      varlink: ['io.systemd.Machine.Open', { ...machine, mode, ...more }],
    }));
  return [
    ...open('tty'),
    ...open('login'),
    ...open('shell', { user: 'root', path: '/bin/touch', args: ['touch', mark] }),
    // Without a word of who and what it is root's shell.
    ...open('shell'),
    { dbus: [manager, `${byManager}PTY`, name] },
    { dbus: [manager, `${byManager}Login`, name] },
    { dbus: [manager, `${byManager}Shell`, name, ...shell] },
    { dbus: [path, `${byObject}PTY`] },
    { dbus: [path, `${byObject}Login`] },
    { dbus: [path, `${byObject}Shell`, ...shell] },
  ];
}
