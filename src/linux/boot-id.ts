import { readFileSync } from 'node:fs';

/**
 * The kernel's id of the present boot, as 32 lower-case hexadecimal digits without dashes, the way systemd writes
 * 128-bit ids (random(4), sd_id128_get_boot(3)). Inode numbers of pidfds mean something only together with it.
 */
export function readBootId(): string {
  const text = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const id = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Error(`the kernel's boot id is ${JSON.stringify(text)}, which is no UUID`);
  return id;
}
