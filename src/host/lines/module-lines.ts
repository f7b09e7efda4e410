import { type HostLine, lineMaker } from '../check-line.ts';
import type { Module, NameServiceLibrary } from '../modules.ts';

/** What can be said of the modules of the C library. */
export const moduleKinds = {
  module_found: 'ok',
  module_unneeded: 'ok',
  module_foreign: 'fail',
  module_absent: 'fail',
} as const;

const line = lineMaker('modules', moduleKinds);

/** Where they come from, by the names of the packages. */
const packages: Readonly<Record<'mymachines' | 'systemd', string>> = {
  mymachines: 'libnss-mymachines on Debian, systemd-container on Fedora, systemd on Arch',
  systemd: 'libnss-systemd on Debian, systemd elsewhere',
};

/**
 * Whether libnss_mymachines and libnss_systemd can be loaded.
 * @param hostsOtherwise host names of machines are found without libnss_mymachines
 */
export function moduleLines({ kind, modules }: NameServiceLibrary, hostsOtherwise: boolean): HostLine[] {
  // Without glibc nobody loads any; nsswitch.conf's line says so.
  if (kind !== 'glibc') return [];
  return (['mymachines', 'systemd'] as const).map((module) => {
    const state = modules[module];
    const name = `libnss_${module as Module}`;
    const mend = `install it: ${packages[module]}`;
    if (state.kind === 'found') return line('module_found', `${name} is ${state.path}`);
    if (module === 'mymachines' && hostsOtherwise) {
      return line('module_unneeded', `${name} is not there, and is not needed: hosts are asked for in another way`);
    }
    if (state.kind === 'foreign') {
      return line('module_foreign', `${state.path} is for another kind of processor than the programs here`, mend);
    }
    return line('module_absent', `${name} is not there`, mend);
  });
}
