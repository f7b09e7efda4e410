import { posix } from 'node:path';
import type { HostFiles } from './host-files.ts';

/** The modules by which the C library asks for what machines bring along, and the one that asks systemd-resolved. */
export const modules = ['mymachines', 'systemd', 'resolve'] as const;

/** A module of the C library's name service (nss(5)). */
export type Module = (typeof modules)[number];

/** Whether a module can be loaded. `foreign`: it is there, and for another kind of processor than this one. */
export type ModuleState =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'foreign'; readonly path: string }
  | { readonly kind: 'absent' };

/** What programs of this host ask names with. */
export interface NameServiceLibrary {
  /** `musl` asks no modules. `unknown`: no C library is where it is looked for, as on NixOS. */
  readonly kind: 'glibc' | 'musl' | 'unknown';
  readonly modules: Readonly<Record<Module, ModuleState>>;
}

/**
 * Looks for the C library and its modules, in the directories that ld.so(8) searches: those of ld.so.conf(5), then the
 * standard ones of Debian (multiarch), Fedora, Arch and others.
 * @param architecture the first bytes of a program that runs here, by which modules for other processors are told
 */
export function findModules(files: HostFiles, architecture: Buffer | undefined): NameServiceLibrary {
  const directories = [...configuredDirectories(files, '/etc/ld.so.conf', 0), ...standardDirectories(files)];
  const glibc = directories.some((directory) => files.has(`${directory}/libc.so.6`));
  const musl = files.list('/lib').some((name) => /^ld-musl-.*\.so\.1$/.test(name));
  const find = (module: Module): ModuleState => {
    let foreign: ModuleState | undefined;
    for (const directory of directories) {
      const path = `${directory}/libnss_${module}.so.2`;
      const bytes = files.bytes(path);
      if (bytes === undefined) continue;
      // A library of another kind is passed over, and the next directory looked into.
      if (architecture === undefined || sameKind(bytes, architecture)) return { kind: 'found', path };
      foreign ??= { kind: 'foreign', path };
    }
    return foreign ?? { kind: 'absent' };
  };
  return {
    kind: glibc ? 'glibc' : musl ? 'musl' : 'unknown',
    modules: Object.fromEntries(modules.map((module) => [module, find(module)])) as NameServiceLibrary['modules'],
  };
}

/** Magic, class and byte order, and e_machine at 18 (elf(5)). */
function sameKind(one: Buffer, other: Buffer): boolean {
  return [0, 1, 2, 3, 4, 5, 18, 19].every((at) => one[at] === other[at]);
}

function standardDirectories(files: HostFiles): string[] {
  const parents = ['/lib', '/usr/lib'];
  const multiarch = parents.flatMap((parent) =>
    files.list(parent).flatMap((name) => (/^[a-z0-9_]+-linux-gnu/.test(name) ? [`${parent}/${name}`] : [])),
  );
  return [...multiarch, '/lib64', '/usr/lib64', ...parents];
}

/** The directories that an ld.so.conf names, and those of the files that it includes. */
function configuredDirectories(files: HostFiles, path: string, depth: number): string[] {
  if (depth > INCLUDES) return [];
  return (files.text(path) ?? '').split('\n').flatMap((line) => {
    const text = line.replace(/#.*$/, '').trim();
    const [, pattern] = /^include\s+(\S+)/.exec(text) ?? [];
    if (pattern === undefined) return text.startsWith('/') ? [text.replace(/\/+$/, '')] : [];
    const whole = posix.resolve(posix.dirname(path), pattern);
    return includedFiles(files, whole).flatMap((file) => configuredDirectories(files, file, depth + 1));
  });
}

/** One level of `*` and `?` in the last part, as in `/etc/ld.so.conf.d/*.conf`, which is all that anybody has. */
function includedFiles(files: HostFiles, pattern: string): string[] {
  const directory = posix.dirname(pattern);
  const escaped = posix.basename(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const name = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return files.list(directory).flatMap((file) => (name.test(file) ? [`${directory}/${file}`] : []));
}

const INCLUDES = 8;
