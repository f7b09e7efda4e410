import { withoutUndefined } from '../../machine/defined.ts';
import type { Machine, ProcessIdentity, RegisteredClass } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import {
  parseAbsolutePath,
  parseId,
  parseMachineId,
  parsePlainText,
  parseRegisteredClass,
  parseRootDirectory,
  parseService,
  parseVsockCid,
} from '../../machine/registration-rules.ts';
import { FieldReader, type ToldProcess } from './field-reader.ts';

/**
 * What systemd-machined said of a machine, in the domain's words, before anything of it is believed: any of it may be
 * missing, undefined or an empty text where it says that there is none, or be of any type.
 */
export interface ToldFields {
  readonly name?: unknown;
  readonly class?: unknown;
  readonly leader?: ToldProcess;
  readonly supervisor?: ToldProcess;
  /** Microseconds. */
  readonly realtime?: unknown;
  readonly monotonic?: unknown;
  readonly id?: unknown;
  readonly service?: unknown;
  readonly rootDirectory?: unknown;
  readonly unit?: unknown;
  readonly subgroup?: unknown;
  readonly interfaces?: unknown;
  readonly vsockCid?: unknown;
  readonly sshAddress?: unknown;
  readonly sshPrivateKeyPath?: unknown;
  readonly controlAddress?: unknown;
  readonly owner?: unknown;
}

/** A machine as systemd-machined has it. It can keep one whose leader has ended, and then names none. */
export interface ToldMachine extends Omit<Machine, 'facts' | 'class' | 'leader'> {
  readonly class: RegisteredClass;
  readonly leader?: ProcessIdentity;
}

/** What could be made of what was told. */
export interface Belief {
  /** Undefined when it is no machine. */
  readonly machine: ToldMachine | undefined;
  /** What was there but could not be used, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Makes a machine of what was told of it. Without its name and class there is none; anything else that is not as the
 * rules for registrations have it is left out. (systemd 262 lets some of it through over D-Bus, such as a service of any
 * length.)
 * @param name by which it was asked for
 */
export function believe(told: ToldFields, name: MachineName): Belief {
  const reader = new FieldReader();
  if (told.name !== name) reader.refuse('name', told.name);
  const machineClass = reader.text(told.class, 'class', parseRegisteredClass);
  const leader = reader.process(told.leader, 'leader');
  const supervisor = reader.process(told.supervisor, 'supervisor');
  const described = {
    id: reader.text(told.id, 'id', parseMachineId),
    service: reader.text(told.service, 'service', parseService),
    rootDirectory: reader.text(told.rootDirectory, 'rootDirectory', parseRootDirectory),
    unit: reader.text(told.unit, 'unit', parsePlainText),
    subgroup: reader.text(told.subgroup, 'subgroup', parsePlainText),
    vsockCid: reader.number(noCid(told.vsockCid), 'vsockCid', parseVsockCid),
    sshAddress: reader.text(told.sshAddress, 'sshAddress', parsePlainText),
    sshPrivateKeyPath: reader.text(told.sshPrivateKeyPath, 'sshPrivateKeyPath', parseAbsolutePath),
    controlAddress: reader.text(told.controlAddress, 'controlAddress', parsePlainText),
  };
  const realtime = reader.exact(told.realtime, 'realtime') ?? 0;
  const monotonic = reader.exact(told.monotonic, 'monotonic') ?? 0;
  const interfaces = reader.interfaces(told.interfaces);
  // Before systemd 259 only root could register a machine, and nothing tells whose it is.
  const owner = reader.number(told.owner, 'owner', parseId) ?? 0;
  const { problems } = reader;
  if (told.name !== name || machineClass === undefined) return { machine: undefined, problems };
  const machine: ToldMachine = {
    name,
    class: machineClass,
    ...(leader && { leader }),
    ...(supervisor && { supervisor }),
    ...withoutUndefined(described),
    interfaces,
    owner,
    timestamp: { realtime, monotonic },
  };
  return { machine, problems };
}

/**
 * Whether two are the same registration. What one of them does not tell, as when a leader has ended or an older systemd
 * has no pidfd ids, makes no difference.
 */
export function isSameMachine(a: Machine | ToldMachine, b: ToldMachine): boolean {
  const { realtime, monotonic } = a.timestamp;
  if (realtime !== b.timestamp.realtime || monotonic !== b.timestamp.monotonic) return false;
  if (a.leader === undefined || b.leader === undefined) return true;
  if (a.leader.pid !== b.leader.pid) return false;
  return a.leader.pidfdId === undefined || b.leader.pidfdId === undefined || a.leader.pidfdId === b.leader.pidfdId;
}

/** 0 where a machine was registered without one by CreateMachineEx, VMADDR_CID_ANY of vsock(7) everywhere else. */
function noCid(value: unknown): unknown {
  return value === 0 || value === 0xffff_ffff ? undefined : value;
}
