import type { Operation } from '../../../src/machine/privilege.ts';
import type { LabQuestion } from '../../support/lab-calls.ts';
import { cases } from './cases.ts';

/** What a question is about: a machine's name, the process that one to be is led by, and the files of images. */
export interface About {
  readonly name: string;
  readonly leader: number;
}

/** A way to ask for an operation. */
export interface Way {
  readonly operation: Operation;
  readonly question: LabQuestion;
  /** It adds a machine, or takes one away: asked only of those who may not. */
  readonly changes: boolean;
  /** Why systemd-machined answers otherwise, as docs/differences.md has it. */
  readonly difference?: string;
}

/** The questions of cases.ts, one for each operation and transport. */
export function usualWays({ name, leader }: About): readonly Way[] {
  return (Object.keys(cases) as Operation[]).flatMap((operation) => {
    const { dbus, varlink, adds, destroys } = cases[operation];
    const changes = adds === true || destroys === true;
    const fill = <T>(value: T): T => filled(value, adds === true ? 'theirs' : name, leader);
    const questions: LabQuestion[] = [];
    if (!('none' in varlink)) questions.push({ varlink: fill(varlink) });
    if (!('none' in dbus)) questions.push({ dbus: fill([`/org/freedesktop/${dbus[0]}`, dbus[1], ...dbus.slice(2)]) });
    return questions.map((question) => ({ operation, question, changes }));
  });
}

/**
 * What usualWays leaves out: the objects' methods, and the methods that need the same operation. Images are those of
 * {@link makeImages}, one for each question that takes one away.
 */
export function otherWays({ name, leader }: About): readonly Way[] {
  const ways: Way[] = [];
  const add = (operation: Operation, question: LabQuestion, changes = false, difference?: string): void =>
    void ways.push({
      operation,
      question: filled(question, name, leader),
      changes,
      ...(difference !== undefined && { difference }),
    });
  const manager = (
    operation: Operation,
    method: string,
    parameters: readonly string[],
    changes?: boolean,
    difference?: string,
  ): void =>
    add(
      operation,
      { dbus: [MANAGER, `org.freedesktop.machine1.Manager.${method}`, ...parameters] },
      changes,
      difference,
    );
  const machine = (operation: Operation, method: string, ...parameters: string[]): void =>
    add(operation, { dbus: [`${MANAGER}/machine/NAME`, `org.freedesktop.machine1.Machine.${method}`, ...parameters] });
  const image = (operation: Operation, object: string, method: string, ...parameters: string[]): void =>
    add(operation, { dbus: [`${MANAGER}/image/${object}`, `org.freedesktop.machine1.Image.${method}`, ...parameters] });
  const varlink = (operation: Operation, method: string, parameters: object, more?: boolean): void =>
    add(operation, { varlink: [`io.systemd.${method}`, parameters], ...(more === true && { more }) });

  for (const method of ['GetMachine', 'GetMachineAddresses', 'GetMachineSSHInfo', 'GetMachineUIDShift']) {
    manager('list', method, ['NAME']);
  }
  manager('list', 'ListImages', []);
  manager('map-ids', 'MapFromMachineGroup', ['NAME', '0']);
  machine('list', 'GetAddresses');
  machine('list', 'GetSSHInfo');
  machine('list', 'GetUIDShift');
  machine('inspect-machine', 'GetOSRelease');
  machine('kill-machine', 'Kill', 'leader', '18');
  machine('open-terminal', 'OpenPTY');
  machine('open-login', 'OpenLogin');
  machine('open-shell', 'OpenShell', 'root', '/bin/true', '[]', '[]');
  machine('bind-mount', 'BindMount', '/etc', '/mnt', 'false', 'false');
  machine('open-root-directory', 'OpenRootDirectory');
  varlink('copy-files', 'Machine.CopyTo', {
    name: 'NAME',
    source: '/etc/hostname',
    destination: '/tmp/in',
    replace: true,
  });
  const [from, to] = [
    ['/etc/hostname', '/tmp/out'],
    ['/etc/hostname', '/tmp/in'],
  ] as const;
  // Without flags a second copy is refused, as the file is there.
  manager('copy-files', 'CopyToMachineWithFlags', ['NAME', ...to, '1']);
  manager('copy-files', 'CopyToMachine', ['NAME', ...to]);
  manager('copy-files', 'CopyFromMachine', ['NAME', ...from]);
  machine('copy-files', 'CopyToWithFlags', ...to, '1');
  machine('copy-files', 'CopyFromWithFlags', ...from, '1');
  machine('copy-files', 'CopyTo', ...to);
  machine('copy-files', 'CopyFrom', ...from);

  const registered = ['theirs', '@ay []', 'test', 'container', 'LEADER', ''];
  // Without a leader it is the one who asks.
  const properties = "[('Class', <'container'>)]";
  manager('register-machine', 'RegisterMachineWithNetwork', [...registered, '@ai []'], true);
  manager('register-machine', 'RegisterMachineEx', ['theirs', properties], true);
  manager('create-machine', 'CreateMachineWithNetwork', [...registered, '@ai []', '@a(sv) []'], true);
  manager('create-machine', 'CreateMachineEx', ['theirs', properties, '@a(sv) []'], true, 'dbus-create-ex');
  add('terminate-machine', { dbus: [`${MANAGER}/machine/NAME`, 'org.freedesktop.machine1.Machine.Terminate'] }, true);

  // What an image says of itself D-Bus tells everybody.
  for (const what of ['Hostname', 'MachineID', 'MachineInfo', 'OSRelease']) {
    manager('list', `GetImage${what}`, ['image']);
    image('list', 'image', `Get${what}`);
  }
  varlink('inspect-image', 'MachineImage.List', { acquireMetadata: 'graceful' }, true);
  manager('manage-image', 'SetImageLimit', ['image', '1073741824']);
  manager('manage-image', 'SetPoolLimit', ['1073741824']);
  manager('manage-image', 'CleanPool', ['hidden']);
  manager('manage-image', 'CloneImage', ['image', 'clone1', 'false']);
  manager('manage-image', 'RenameImage', ['rename1', 'renamed1']);
  manager('manage-image', 'RemoveImage', ['remove1']);
  image('manage-image', 'image', 'MarkReadOnly', 'false');
  image('manage-image', 'image', 'SetLimit', '1073741824');
  image('manage-image', 'image', 'Clone', 'clone2', 'false');
  image('manage-image', 'rename2', 'Rename', 'renamed2');
  image('manage-image', 'remove2', 'Remove');
  varlink('manage-image', 'MachineImage.Update', { name: 'rename3', newName: 'renamed3' });
  varlink('manage-image', 'MachineImage.Clone', { name: 'image', newName: 'clone3' });
  varlink('manage-image', 'MachineImage.Remove', { name: 'remove3' });
  varlink('manage-image', 'MachineImage.SetPoolLimit', { limit: 1073741824 });
  varlink('manage-image', 'MachineImage.CleanPool', { mode: 'hidden' }, true);
  varlink('control-daemon', 'service.GetEnvironment', {});
  return ways;
}

/** Shell words that make the images of otherWays, and no others. */
export const makeImages: string =
  'rm -rf /var/lib/machines/*; cd /var/lib/machines; mkdir image {rename,remove}{1,2,3}; rm -f /tmp/in /tmp/out';

const MANAGER = '/org/freedesktop/machine1';

function filled<T>(value: T, name: string, leader: number): T {
  const text = JSON.stringify(value).replaceAll('NAME', name).replaceAll('"leader":"LEADER"', `"leader":${leader}`);
  return JSON.parse(text.replaceAll('LEADER', `${leader}`)) as T;
}
