import { existsSync } from 'node:fs';
import { aptGet } from './apt-get.ts';

/** Programs, each with its Debian package: without these there are no test containers. */
export const CONTAINER_PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  mount: 'mount',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};

/** A DHCP server and a client. */
export const DHCP_PROGRAMS: Readonly<Record<string, string>> = { busybox: 'busybox', dnsmasq: 'dnsmasq-base' };

/** A bus of the test's own, and clients to ask over it. */
export const BUS_PROGRAMS: Readonly<Record<string, string>> = {
  'dbus-daemon': 'dbus',
  'dbus-send': 'dbus',
  busctl: 'systemd',
  gdbus: 'libglib2.0-bin',
};

/** Clients and servers of the DNS, a C library that knows nothing but the DNS, and a program written in Go. */
export const DNS_PROGRAMS: Readonly<Record<string, string>> = {
  dig: 'bind9-dnsutils',
  dnsmasq: 'dnsmasq-base',
  hey: 'hey',
  kdig: 'knot-dnsutils',
  'musl-gcc': 'musl-tools',
};

/** Makes file systems whose directories can be subvolumes, and devices of files. */
export const FILE_SYSTEM_PROGRAMS: Readonly<Record<string, string>> = {
  btrfs: 'btrfs-progs',
  chattr: 'e2fsprogs',
  getfattr: 'attr',
  losetup: 'mount',
  'mkfs.btrfs': 'btrfs-progs',
  mount: 'mount',
  setfattr: 'attr',
};

/** Looks on at system calls and meddles with them; gives a process another time of day. */
export const TRACE_PROGRAMS: Readonly<Record<string, string>> = { faketime: 'faketime', strace: 'strace' };

/**
 * Makes sure of some programs. Root gets what is missing installed, after a word about it;
 * throws with what is missing, or why it could not be installed, otherwise.
 */
export function requirePrograms(programs: Readonly<Record<string, string>>, tell: (text: string) => void): void {
  const missing = Object.keys(programs).filter((name) => !hasProgram(name));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => programs[name] as string))];
  const command = `apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) {
    throw new Error(`There is no ${missing.join(', ')} here. On Debian: ${command}`);
  }
  tell(`Installing ${packages.join(' and ')} first, for ${missing.join(', ')}.`);
  try {
    aptGet('update', '-qq');
    aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages);
  } catch (error) {
    throw new Error(`${command} failed: ${(error as Error).message.trim()}`);
  }
}

/** True when a program is in PATH. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(`${directory}/${name}`));
}
