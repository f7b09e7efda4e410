import { parseNameServices } from '../../host/nsswitch.ts';
import { lineWith } from '../../host/nsswitch-edit.ts';
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

/** nsswitch.conf(5): the lines to write for the C library to ask, and the packages that its modules come from. */
function nameServiceHint(target: Target): string[] {
  const { databases } = parseNameServices(target.readText('/etc/nsswitch.conf'));
  const lines = (['hosts', 'passwd', 'group'] as const).flatMap((database) => {
    const module = database === 'hosts' ? 'mymachines' : 'systemd';
    const services = databases.get(database);
    if (services?.some(({ name }) => name === module)) return [];
    return [`  ${lineWith(database, services, module).padEnd(44)} # libnss-${module}`];
  });
  if (lines.length === 0) return [];
  return ['So that getent and others find the names, write in /etc/nsswitch.conf, without what is behind #:', ...lines];
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
