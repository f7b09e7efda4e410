import { type ImplementedInterface, implement } from '../../dbus/objects/implement.ts';
import type { Machine } from '../../machine/machine.ts';
import { idBytes } from './encode.ts';
import type { InsideMethods } from './inside-methods.ts';
import type { MachineMethods } from './machine-methods.ts';
import { description } from './org.freedesktop.machine1.Machine.ts';

/** org.freedesktop.machine1.Machine of any machine. */
export function machineInterface(methods: MachineMethods, inside: InsideMethods): ImplementedInterface<Machine> {
  return implement<typeof description, Machine>(description, {
    properties: {
      Name: ({ name }) => name,
      Id: ({ id }) => idBytes(id),
      Timestamp: ({ timestamp }) => BigInt(timestamp.realtime),
      TimestampMonotonic: ({ timestamp }) => BigInt(timestamp.monotonic),
      Service: ({ service = '' }) => service,
      Unit: ({ unit = '' }) => unit,
      Subgroup: ({ subgroup = '' }) => subgroup,
      Leader: ({ leader }) => leader.pid,
      LeaderPIDFDId: ({ leader }) => BigInt(leader.pidfdId ?? 0),
      Supervisor: ({ supervisor }) => supervisor?.pid ?? 0,
      SupervisorPIDFDId: ({ supervisor }) => BigInt(supervisor?.pidfdId ?? 0),
      Class: ({ class: machineClass }) => machineClass,
      RootDirectory: ({ rootDirectory = '' }) => rootDirectory,
      NetworkInterfaces: ({ interfaces }) => interfaces,
      VSockCID: ({ vsockCid = noVsockCid }) => vsockCid,
      SSHAddress: ({ sshAddress = '' }) => sshAddress,
      SSHPrivateKeyPath: ({ sshPrivateKeyPath = '' }) => sshPrivateKeyPath,
      State: () => 'running',
      UID: ({ owner }) => owner,
    },
    methods: {
      Terminate: (_, call, machine) => methods.terminate(machine, call),
      Kill: (given, call, machine) => methods.kill(machine, given, call),
      GetAddresses: (_input, _call, machine) => methods.getAddresses(machine),
      GetSSHInfo: (_input, _call, machine) => methods.getSSHInfo(machine),
      GetOSRelease: (_, call, machine) => methods.getOSRelease(machine, call),
      GetUIDShift: (_input, _call, machine) => methods.getUIDShift(machine),
      OpenPTY: (_, call, machine) => inside.openPTY(machine, call),
      OpenLogin: (_, call, machine) => inside.openLogin(machine, call),
      OpenShell: (given, call, machine) => inside.openShell(machine, given, call),
      BindMount: (given, call, machine) => inside.bindMount(machine, given, call),
      CopyFrom: (given, call, machine) => inside.copy('from', machine, given, call),
      CopyTo: (given, call, machine) => inside.copy('to', machine, given, call),
      CopyFromWithFlags: (given, call, machine) => inside.copy('from', machine, given, call),
      CopyToWithFlags: (given, call, machine) => inside.copy('to', machine, given, call),
      OpenRootDirectory: (_, call, machine) => inside.openRootDirectory(machine, call),
    },
  });
}

/** VMADDR_CID_ANY (vsock(7)), which is no guest's. */
const noVsockCid = 0xffff_ffff;
