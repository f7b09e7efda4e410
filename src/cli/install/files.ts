import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { share } from '../package-files.ts';
import { missingActions } from './polkit-policy.ts';
import { quoteExecutable, quoteForShell, quoteForSystemd } from './quote.ts';

/** A file that `mymachines install` puts in place. */
export interface InstalledFile {
  /** Where, as the installed system sees it. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  /**
   * What it means that somebody else's file has this path: that one does the same, so ours is not needed. Absent: it is
   * an error.
   */
  readonly otherDoes?: string;
}

/** What the files are made for. */
export interface Installation {
  /** `/usr` or `/usr/local`. */
  readonly prefix: string;
  /** The absolute paths of Node and of the program it is to run. */
  readonly node: string;
  readonly program: string;
  /** Whether there is an OpenRC. */
  readonly openrc: boolean;
  /** Whether it is to run beside systemd-machined, and not in its place. */
  readonly beside: boolean;
  /** The polkit policy file that somebody else has put where ours would be, if there is one: an older systemd, mostly. */
  readonly otherPolicy?: string | undefined;
}

/** Where the actions of org.freedesktop.machine1 are told to polkit, by systemd-machined as by us. */
export function policyPath(prefix: string): string {
  return `${prefix}/share/polkit-1/actions/org.freedesktop.machine1.policy`;
}

/**
 * All files, from the templates in share/.
 * @throws Error for a path of Node or the program that a unit cannot have
 */
export function installedFiles(installation: Installation): readonly InstalledFile[] {
  const { prefix, node, program, openrc, beside, otherPolicy } = installation;
  const unit = { NODE: quoteExecutable(node), PROGRAM: quoteForSystemd(program) };
  const service = `${prefix}/lib/systemd/system/mymachines.service`;
  const completion = file(`${prefix}/share/bash-completion/completions/mymachines`, 'bash-completion/mymachines');
  // All else is systemd-machined's own, which only runs where there is a systemd.
  if (beside) return [file(service, 'systemd/mymachines-beside.service', unit), completion];
  const script = { NODE: quoteForShell(node), ARGUMENTS: quoteForShell(`${quoteForShell(program)} serve`) };
  const sockets = ['mymachines.socket', 'mymachines-userdb.socket'].map((name) =>
    file(`${prefix}/lib/systemd/system/${name}`, `systemd/${name}`),
  );
  const policy = file(policyPath(prefix), 'polkit/org.freedesktop.machine1.policy');
  const more = otherPolicy === undefined ? undefined : missingActions(policy.content, otherPolicy);
  return [
    file(service, 'systemd/mymachines.service', unit),
    ...sockets,
    file(`${prefix}/lib/tmpfiles.d/mymachines.conf`, 'tmpfiles.d/mymachines.conf'),
    // Here, whatever the prefix: dbus-daemon looks in /usr and /etc only, and of rules that differ the later one holds,
    // which must not be that of a file that an older systemd brought.
    file('/etc/dbus-1/system.d/mymachines.conf', 'dbus/mymachines.conf'),
    {
      ...file(
        `${prefix}/share/dbus-1/system-services/org.freedesktop.machine1.service`,
        'dbus/org.freedesktop.machine1.service',
      ),
      otherDoes: 'it starts whichever service is enabled',
    },
    {
      ...policy,
      otherDoes: more === undefined ? 'it has the same actions' : 'those that it lacks are in another file',
    },
    ...(more === undefined
      ? []
      : [{ ...policy, path: `${prefix}/share/polkit-1/actions/mymachines.policy`, content: more }]),
    completion,
    ...(openrc ? [{ ...file('/etc/init.d/mymachines', 'openrc/mymachines', script), mode: 0o755 }] : []),
  ];
}

function file(path: string, template: string, values: Readonly<Record<string, string>> = {}): InstalledFile {
  const content = readFileSync(join(share, template), 'utf8').replace(/@([A-Z]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`share/${template} wants @${name}@`);
    return value;
  });
  return { path, content, mode: 0o644 };
}
