/**
 * Where machine images are looked for, in this order: of two with one name the first counts (systemd 262). The first
 * two are for symbolic links.
 */
export const searchPath: readonly string[] = [
  '/etc/machines',
  '/run/machines',
  '/var/lib/machines',
  '/var/lib/container',
  '/usr/local/lib/machines',
  '/usr/lib/machines',
];

/** Where they are made. */
export const poolPath = '/var/lib/machines';
