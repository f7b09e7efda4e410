import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = join(import.meta.dirname, '..', 'src');

/** Which folders of src a folder may import from, besides itself. `frontends/X` never sees another front end. */
const allowed: Record<string, readonly string[]> = {
  varlink: [],
  dbus: [],
  linux: [],
  machine: [],
  resolver: ['machine'],
  host: ['machine', 'varlink', 'dbus', 'linux', 'frontends/dns'],
  'clients/polkit': ['machine', 'dbus', 'linux'],
  'clients/network1': ['machine', 'dbus', 'linux'],
  'clients/systemd1': ['machine', 'dbus'],
  programs: ['linux'],
  'sources/kernel': ['machine', 'linux', 'programs'],
  'sources/embedded': ['machine', 'linux', 'sources/kernel'],
  'sources/merged': ['machine'],
  'sources/vm': ['machine', 'linux', 'sources/kernel'],
  'sources/machine1': ['machine', 'linux', 'dbus', 'varlink', 'sources/kernel'],
  images: ['machine', 'linux', 'programs', 'inside'],
  inside: ['machine', 'linux', 'programs'],
  'frontends/registry': ['machine', 'resolver', 'varlink'],
  'frontends/machine': ['machine', 'resolver', 'varlink'],
  'frontends/machine-image': ['machine', 'varlink'],
  'frontends/dns': ['machine', 'resolver'],
  'frontends/machine1': ['machine', 'resolver', 'dbus'],
  'frontends/service': ['machine', 'resolver', 'varlink'],
  'frontends/resolve-hook': ['machine', 'resolver', 'varlink'],
  'frontends/log-control': ['dbus'],
  'frontends/userdb': ['machine', 'resolver', 'varlink'],
  daemon: ['*'],
  cli: [
    'machine',
    'resolver',
    'varlink',
    'host',
    'frontends/dns',
    'frontends/log-control',
    'frontends/machine',
    'frontends/machine-image',
    'frontends/registry',
    'frontends/resolve-hook',
    'frontends/userdb',
    'daemon',
    // For terminals alone.
    'linux',
  ],
};

/** Packages and built-in modules that only some folders may use. */
const restricted: Record<string, readonly string[]> = {
  koffi: ['linux'],
  'dbus-next': ['dbus'],
  'dns-packet': ['frontends/dns'],
  'node:child_process': ['daemon'],
  'node:net': ['varlink', 'frontends/dns'],
  'node:dgram': ['frontends/dns'],
};

/** Files outside daemon and cli that are run by themselves. */
const programs = ['varlink/idl/generate-command.ts'];

const layered = ['clients', 'sources', 'frontends'];
const room = (file: string): string => {
  const parts = relative(source, file).split('/');
  return layered.includes(parts[0] ?? '') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(source, name))
  .sort();
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');

describe('the layers', () => {
  it('saw the whole source', () => {
    expect(files.length).toBeGreaterThan(120);
    expect(files.reduce((sum, file) => sum + importsOf(file).length, 0)).toBeGreaterThan(400);
  });

  it.each(files.map((file) => [relative(source, file), file]))('%s imports downwards only', (_name, file) => {
    const here = room(file);
    const may = allowed[here];
    expect(may, `src/${here} is not a known folder`).toBeDefined();
    for (const imported of importsOf(file)) {
      if (imported.startsWith('.')) {
        const there = room(join(dirname(file), imported));
        if (there !== here && !may?.includes('*')) expect(may, `${imported} is in ${there}`).toContain(there);
      } else {
        // A file of a package is as good as the package.
        const users = restricted[imported.replace(/^(?!node:|@)([^/]+)\/.*$/, '$1')];
        if (users !== undefined) expect(users, `${imported} is not for src/${here}`).toContain(here);
      }
    }
  });

  it('writes to the log and ends the process only in the daemon and the command', () => {
    for (const file of files) {
      if (['daemon', 'cli'].includes(room(file)) || programs.includes(relative(source, file))) continue;
      expect(readFileSync(file, 'utf8'), file).not.toMatch(/\bconsole\.|process\.(exit|stdout|stderr)\b/);
    }
  });
});
