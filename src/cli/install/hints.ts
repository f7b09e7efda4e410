import type { Installation } from './files.ts';
import type { Target } from './target.ts';

/** The units, as `systemctl disable` takes them. */
const units = ['mymachines.service', 'mymachines.socket', 'mymachines-userdb.socket'] as const;

/** What is left to do for a person after the files are in place. */
export function nextSteps(target: Target, { openrc, beside }: Pick<Installation, 'openrc' | 'beside'>): string[] {
  if (beside) {
    return [
      'Nothing has been enabled or started. To do that:',
      '  systemctl daemon-reload',
      '  systemctl enable --now mymachines.service',
      ...nameServiceHint(target),
    ];
  }
  return [
    'Nothing has been enabled or started. To do that where systemd runs:',
    '  systemctl daemon-reload',
    '  systemctl mask --now systemd-machined.service systemd-machined.socket',
    '  systemctl enable --now mymachines.socket mymachines.service',
    ...(openrc ? ['With OpenRC:', '  rc-update add mymachines default', '  rc-service mymachines start'] : []),
    ...nameServiceHint(target),
  ];
}

/** nsswitch.conf(5): what is missing for the C library to ask. */
function nameServiceHint(target: Target): string[] {
  const text = target.readText('/etc/nsswitch.conf');
  const missing = [
    ['hosts', 'mymachines', 'mymachines before resolve and dns (libnss-mymachines)'],
    ['passwd', 'systemd', 'systemd after files (libnss-systemd)'],
    ['group', 'systemd', 'systemd after files (libnss-systemd)'],
  ].filter(([database, service]) => !new RegExp(`^\\s*${database}:[^#\\n]*\\s${service}(\\s|$)`, 'm').test(text));
  if (missing.length === 0) return [];
  return [
    'So that getent and others find the names, /etc/nsswitch.conf needs:',
    ...missing.map(([database, , what]) => `  ${`${database}:`.padEnd(8)}${what}`),
  ];
}

/** How to disable what is enabled of the installation, or undefined when nothing is. */
export function disableCommand(target: Target, prefix: string): string | undefined {
  const enabled = [
    'multi-user.target.wants/mymachines.service',
    'sockets.target.wants/mymachines.socket',
    'sockets.target.wants/mymachines-userdb.socket',
  ].some((path) => target.has(`/etc/systemd/system/${path}`));
  if (enabled) {
    const installed = units.filter((unit) => target.has(`${prefix}/lib/systemd/system/${unit}`));
    return `systemctl disable --now ${installed.join(' ')}`;
  }
  const inRunlevel = target.list('/etc/runlevels').some((name) => target.has(`/etc/runlevels/${name}/mymachines`));
  return inRunlevel ? 'rc-service mymachines stop; rc-update --all delete mymachines' : undefined;
}
