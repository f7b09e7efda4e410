import { readFileSync } from 'node:fs';

/** The index of an interface of the host. */
export function interfaceIndex(name: string): number {
  return Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
}
