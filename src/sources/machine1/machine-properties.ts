import type { ToldFields } from './told-machine.ts';

/**
 * The properties of org.freedesktop.machine1.Machine that are looked at, with their types. systemd 252 has no Subgroup,
 * UID, LeaderPIDFDId, Supervisor, SupervisorPIDFDId, VSockCID, SSHAddress and SSHPrivateKeyPath.
 */
const types = {
  Name: 's',
  Id: 'ay',
  Timestamp: 't',
  TimestampMonotonic: 't',
  Service: 's',
  Unit: 's',
  Subgroup: 's',
  Leader: 'u',
  LeaderPIDFDId: 't',
  Supervisor: 'u',
  SupervisorPIDFDId: 't',
  Class: 's',
  RootDirectory: 's',
  NetworkInterfaces: 'ai',
  VSockCID: 'u',
  SSHAddress: 's',
  SSHPrivateKeyPath: 's',
  UID: 'u',
} as const;

/**
 * What the properties of a machine say, as org.freedesktop.DBus.Properties.GetAll returns them (a{sv}). A value of
 * another type than it should have stays as it came, so that whoever reads the fields refuses it.
 */
export function toldByProperties(properties: unknown): ToldFields {
  const get = (property: keyof typeof types): unknown => {
    const variant: unknown = properties instanceof Map ? properties.get(property) : undefined;
    if (variant === undefined) return undefined;
    const { signature, value } = Object(variant) as { signature?: unknown; value?: unknown };
    return signature === types[property] ? plain(value) : variant;
  };
  return {
    name: get('Name'),
    class: get('Class'),
    leader: { pid: get('Leader'), pidfdId: get('LeaderPIDFDId') },
    supervisor: { pid: get('Supervisor'), pidfdId: get('SupervisorPIDFDId') },
    realtime: get('Timestamp'),
    monotonic: get('TimestampMonotonic'),
    id: get('Id'),
    service: get('Service'),
    rootDirectory: get('RootDirectory'),
    unit: get('Unit'),
    subgroup: get('Subgroup'),
    interfaces: get('NetworkInterfaces'),
    vsockCid: get('VSockCID'),
    sshAddress: get('SSHAddress'),
    sshPrivateKeyPath: get('SSHPrivateKeyPath'),
    owner: get('UID'),
  };
}

/** Bytes as hexadecimal digits, and 64 bits as a number where that is exact. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  return value;
}

/** The names of machines in the reply to ListMachines, a(ssso), the host among them; undefined when it is no such. */
export function namesInList(machines: unknown): readonly string[] | undefined {
  if (!Array.isArray(machines)) return undefined;
  const names = machines.map((machine: unknown): unknown => (Array.isArray(machine) ? machine[0] : undefined));
  return names.every((name) => typeof name === 'string') ? names : undefined;
}
