import type { ToldProcess } from './field-reader.ts';
import type { ToldFields } from './told-machine.ts';

/** What a reply of io.systemd.Machine.List says of a machine. Null is the same as nothing. */
export function toldByReply(reply: Readonly<Record<string, unknown>>): ToldFields {
  const get = (field: string): unknown => reply[field] ?? undefined;
  const timestamp = fieldsOf(get('timestamp'));
  return {
    name: get('name'),
    class: get('class'),
    leader: processOf(get('leader')),
    supervisor: processOf(get('supervisor')),
    realtime: timestamp['realtime'] ?? undefined,
    monotonic: timestamp['monotonic'] ?? undefined,
    id: get('id'),
    service: get('service'),
    rootDirectory: get('rootDirectory'),
    unit: get('unit'),
    subgroup: get('subgroup'),
    interfaces: get('ifIndices'),
    vsockCid: get('vSockCid'),
    sshAddress: get('sshAddress'),
    sshPrivateKeyPath: get('sshPrivateKeyPath'),
    controlAddress: get('controlAddress'),
    owner: get('UID'),
  };
}

function processOf(value: unknown): ToldProcess {
  const { pid, pidfdId } = fieldsOf(value);
  return { pid: pid ?? undefined, pidfdId: pidfdId ?? undefined };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
