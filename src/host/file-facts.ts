import type { HostFiles } from './host-files.ts';
import { findModules, type NameServiceLibrary } from './modules.ts';

/** What the files of a host say about names. */
export interface FileFacts {
  /** nsswitch.conf(5); undefined where there is none that can be read. */
  readonly nameServices: NameServiceFile | undefined;
  readonly library: NameServiceLibrary;
  /** /etc/hosts, /etc/passwd, /etc/group and /etc/resolv.conf; undefined where there is none. */
  readonly hosts: string | undefined;
  readonly users: string | undefined;
  readonly groups: string | undefined;
  readonly resolvConf: string | undefined;
  /** The units of systemd-machined that can still be started: those that are installed and not masked. */
  readonly startableUnits: readonly string[];
}

/** nsswitch.conf, and who writes it. */
export interface NameServiceFile {
  readonly path: string;
  readonly text: string;
  /** authselect(8) writes it, and would write over what anybody changes there. */
  readonly authselect: boolean;
}

/** Reads all of them. */
export function readFileFacts(files: HostFiles): FileFacts {
  return {
    nameServices: readNameServices(files),
    library: findModules(files, programHere(files)),
    hosts: files.text('/etc/hosts'),
    users: files.text('/etc/passwd'),
    groups: files.text('/etc/group'),
    resolvConf: files.text('/etc/resolv.conf'),
    startableUnits: ['systemd-machined.service', 'systemd-machined.socket'].filter((unit) => isStartable(files, unit)),
  };
}

/** In /usr/etc openSUSE has what the distribution means, as long as there is nothing in /etc. */
function readNameServices(files: HostFiles): NameServiceFile | undefined {
  for (const path of ['/etc/nsswitch.conf', '/usr/etc/nsswitch.conf']) {
    const text = files.text(path);
    if (text === undefined) continue;
    const authselect = files.has('/etc/authselect/authselect.conf') && /authselect/.test(text.slice(0, 512));
    return { path, text, authselect };
  }
  return undefined;
}

/** Any program will do to tell for which processors the host's programs are. */
function programHere(files: HostFiles): Buffer | undefined {
  return files.bytes('/bin/sh') ?? files.bytes('/usr/bin/env');
}

/** systemd.unit(5): masked is a unit that is a link to /dev/null, or empty, in /etc or /run. */
function isStartable(files: HostFiles, unit: string): boolean {
  for (const directory of ['/etc/systemd/system', '/run/systemd/system']) {
    if (files.link(`${directory}/${unit}`) === '/dev/null') return false;
    if (files.bytes(`${directory}/${unit}`)?.length === 0) return false;
  }
  return ['/usr/lib/systemd/system', '/lib/systemd/system'].some((directory) => files.has(`${directory}/${unit}`));
}
