import { isLinkLocal } from '../machine/address.ts';
import { addressText as textOf } from '../machine/address-text.ts';
import type { MachineReply } from './registry-client.ts';

type AddressReply = NonNullable<MachineReply['addresses']>[number];

/**
 * An address as people write it, as in `10.0.0.2` and `fe80::1%3`: with the machine's own index of the interface where
 * the address means nothing without (RFC 4007 11).
 */
export function addressText({ address, ifindex }: AddressReply): string {
  const bytes = Uint8Array.from(address);
  return bytes.length === 16 && isLinkLocal(bytes) && ifindex ? `${textOf(bytes)}%${ifindex}` : textOf(bytes);
}

/** One field of a machine's os-release(5). */
export function osReleaseField({ OSRelease }: MachineReply, field: string): string | undefined {
  return OSRelease?.find((line) => line.startsWith(`${field}=`))?.slice(field.length + 1);
}

/** A moment as `systemctl status` writes it: the time, and how long ago that is. */
export function sinceText(realtime: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - realtime / 1000) / 1000));
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  let rest = seconds;
  const parts: string[] = [];
  for (const [size, unit] of units) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)}${unit}`);
    rest %= size;
  }
  return `${dateText(new Date(realtime / 1000))}; ${parts.slice(0, 2).join(' ') || '0s'} ago`;
}

/** A moment as systemd's tools write it in tables: `Sun 2026-11-22 02:00:12 UTC`. @param realtime microseconds */
export function momentText(realtime: number): string {
  const date = new Date(realtime / 1000);
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  const zone = parts.find(({ type }) => type === 'timeZoneName')?.value;
  return zone === undefined ? dateText(date) : `${dateText(date)} ${zone}`;
}

function dateText(date: Date): string {
  const day = date.toLocaleDateString('en-GB', { weekday: 'short' });
  return `${day} ${date.toLocaleDateString('sv-SE')} ${date.toLocaleTimeString('sv-SE')}`;
}
