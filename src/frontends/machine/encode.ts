import type { Address } from '../../machine/address.ts';
import type { Machine, ProcessIdentity } from '../../machine/machine.ts';
import type { Methods, ProcessId } from './io.systemd.Machine.ts';

/** A reply of List. */
export type MachineReply = Methods['List']['reply'];

/** What List tells of a machine when metadata are asked for; what is undefined is left out. */
export interface ListMetadata {
  readonly addresses?: readonly Address[] | undefined;
  readonly osRelease?: readonly string[] | undefined;
  readonly uidShift?: number | undefined;
}

/** A machine as List tells of it, its fields in the order of systemd 262's. Empty lists and texts are left out, too. */
export function machineReply(machine: Machine, bootId: string, metadata: ListMetadata = {}): MachineReply {
  const { addresses = [], osRelease = [], uidShift } = metadata;
  return {
    name: machine.name,
    id: machine.id,
    class: machine.class,
    service: machine.service || undefined,
    rootDirectory: machine.rootDirectory,
    unit: machine.unit,
    subgroup: machine.subgroup,
    leader: processId(machine.leader, bootId),
    supervisor: machine.supervisor && processId(machine.supervisor, bootId),
    timestamp: { realtime: machine.timestamp.realtime, monotonic: machine.timestamp.monotonic },
    vSockCid: machine.vsockCid,
    sshAddress: machine.sshAddress || undefined,
    sshPrivateKeyPath: machine.sshPrivateKeyPath,
    controlAddress: machine.controlAddress,
    addresses: addresses.length > 0 ? addresses.map(addressReply) : undefined,
    OSRelease: osRelease.length > 0 ? osRelease : undefined,
    UIDShift: uidShift,
    UID: machine.owner,
  };
}

function processId({ pid, pidfdId }: ProcessIdentity, bootId: string): ProcessId {
  return { pid, pidfdId, bootId };
}

/** Linux address families (socket.h), which the interface uses. */
const families = { ipv4: 2, ipv6: 10 } as const;

function addressReply({ interfaceIndex, family, bytes }: Address): NonNullable<MachineReply['addresses']>[number] {
  return { ifindex: interfaceIndex, family: families[family], address: [...bytes] };
}
