/** Where systemd-machined is on the bus (org.freedesktop.machine1(5)). */
export const machined = {
  name: 'org.freedesktop.machine1',
  path: '/org/freedesktop/machine1',
  manager: 'org.freedesktop.machine1.Manager',
  machine: 'org.freedesktop.machine1.Machine',
} as const;
