import { readFileSync } from 'node:fs';

/** Bit numbers of capabilities(7), from linux/capability.h: those that a registry of machines may need. */
const BITS = {
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_KILL: 5,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
} as const;

export type Capability = keyof typeof BITS;

/**
 * Whether this process has a capability in its effective set. In a user namespace other than the host's that covers only what
 * belongs to the namespace: CAP_NET_ADMIN there says nothing of the host's network.
 */
export function hasCapability(capability: Capability): boolean {
  return includesCapability(readFileSync('/proc/self/status', 'utf8'), capability);
}

/** The same, of the text of a /proc/PID/status (proc_pid_status(5), line CapEff). */
export function includesCapability(status: string, capability: Capability): boolean {
  const mask = /^CapEff:\t([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined) throw new Error('/proc/PID/status has no line CapEff');
  return ((BigInt(`0x${mask}`) >> BigInt(BITS[capability])) & 1n) === 1n;
}
