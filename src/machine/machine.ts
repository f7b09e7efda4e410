import type { Address } from './address.ts';
import type { IdMap } from './id-map.ts';
import type { MachineName } from './machine-name.ts';

/** What a machine can be registered as. */
export type RegisteredClass = 'container' | 'vm';

/** What a machine is. `host` is only ever the pseudo machine `.host`. */
export type MachineClass = RegisteredClass | 'host';

/** A process named so that it cannot be confused with a later one of the same PID. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Inode number of the process's pidfd (pidfs, Linux 6.9): unique until reboot. Undefined on older kernels. */
  readonly pidfdId?: number;
}

/** Whether two are the same process, as far as the kernel can tell (see {@link ProcessIdentity.pidfdId}). */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.pidfdId === b.pidfdId;
}

/** A moment on two clocks, in microseconds. */
export interface Timestamp {
  /** CLOCK_REALTIME */
  readonly realtime: number;
  /** CLOCK_MONOTONIC */
  readonly monotonic: number;
}

/**
 * A registered machine and what is known of it. Immutable: a change makes a new one.
 *
 * Whoever makes one writes `{ name, ...others }`, not `{ ...others, name }`. V8 (11.3, of Node 20) gives each object that
 * begins with a spread and goes on with further properties a hidden class of its own: half a kilobyte for a machine, and
 * code that meets ten thousand of these classes looks every property up anew.
 */
export interface Machine {
  readonly name: MachineName;
  /** 128-bit id as 32 lower-case hexadecimal digits. */
  readonly id?: string;
  /** The software that registered it, as in `systemd-nspawn`. */
  readonly service?: string;
  readonly class: MachineClass;
  /** The process whose life is the machine's: a container's init, a VM's hypervisor. */
  readonly leader: ProcessIdentity;
  /** The process that watches over it, outside it. */
  readonly supervisor?: ProcessIdentity;
  /** Absolute path on the host. */
  readonly rootDirectory?: string;
  /** The systemd unit that the machine's processes are in, as in `machine-web.scope`. */
  readonly unit?: string;
  /** Control-group path below the unit's, as in `payload`. */
  readonly subgroup?: string;
  /** Indices of the host's interfaces that lead to the machine, in the order given at registration. */
  readonly interfaces: readonly number[];
  /** AF_VSOCK context id. */
  readonly vsockCid?: number;
  readonly sshAddress?: string;
  readonly sshPrivateKeyPath?: string;
  /** Varlink address of io.systemd.MachineInstance. */
  readonly controlAddress?: string;
  /** The uid of the user who registered it. */
  readonly owner: number;
  /** When it was registered. */
  readonly timestamp: Timestamp;
  /** Kernel facts, kept current by the sources. */
  readonly facts: MachineFacts;
}

/** What the kernel says of a machine. */
export interface MachineFacts {
  /** The leader's uid_map and gid_map, seen from the host. Empty where none are set or known. */
  readonly uidMap: IdMap;
  readonly gidMap: IdMap;
  /** True when the leader is in the user namespace of the host, and so has no ids of its own. */
  readonly sharesHostUsers: boolean;
  /** True when the leader is in the network namespace of the host, and so has no addresses of its own. */
  readonly sharesHostNetwork: boolean;
  /** Every address seen, unfiltered, in the kernel's order. */
  readonly addresses: readonly Address[];
}

/**
 * Whether two are the same registration, at different moments perhaps: not only the same name, which another machine
 * may have by now.
 */
export function isSameRegistration(a: Machine, b: Machine): boolean {
  return (
    a.name === b.name &&
    isSameProcess(a.leader, b.leader) &&
    a.timestamp.realtime === b.timestamp.realtime &&
    a.timestamp.monotonic === b.timestamp.monotonic
  );
}

/** What of a machine says where it is. */
export type Placed = Pick<Machine, 'class' | 'unit' | 'subgroup'>;

/**
 * The unit that a machine has to itself, so that every process in it is the machine's. A machine in a control group
 * below its unit's shares the unit, and the host is in all of them.
 */
export function ownUnit({ class: machineClass, unit, subgroup }: Placed): string | undefined {
  return machineClass === 'host' || subgroup !== undefined ? undefined : unit;
}
