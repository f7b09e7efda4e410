import { withoutUndefined } from './defined.ts';
import { formatAssignment, parseAssignments } from './env-file.ts';
import { isId128 } from './id128.ts';
import { type Machine, ownUnit, type Placed, type ProcessIdentity, type RegisteredClass } from './machine.ts';
import { isMachineName } from './machine-name.ts';

/** What a state file says of a machine. Anything may be missing: older systemd-machined wrote less. */
export interface SavedMachine extends Partial<Omit<Machine, 'facts' | 'interfaces' | 'class'>> {
  readonly class?: RegisteredClass;
  readonly interfaces: readonly number[];
  /** What was there but could not be used, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * The content of /run/systemd/machines/NAME, byte for byte as systemd 262 writes it, so that sd_machine_get_class(3),
 * sd_machine_get_ifindices(3) and systemd-machined itself can read it. One line is ours alone: SUBGROUP, which systemd
 * reads back but forgets to write, and so loses when it is restarted.
 */
export function formatState(machine: Machine): string {
  return [
    '# This is private data. Do not parse.\n',
    assignment('NAME', machine.name),
    assignment('UID', machine.owner),
    assignment('SCOPE', machine.unit),
    assignment('SUBGROUP', machine.subgroup),
    assignment('SERVICE', machine.service),
    assignment('ROOT', machine.rootDirectory),
    assignment('ID', machine.id),
    assignment('LEADER', machine.leader.pid),
    assignment('LEADER_PIDFDID', machine.leader.pidfdId),
    assignment('SUPERVISOR', machine.supervisor?.pid),
    assignment('SUPERVISOR_PIDFDID', machine.supervisor?.pidfdId),
    assignment('CLASS', machine.class),
    assignment('REALTIME', machine.timestamp.realtime),
    assignment('MONOTONIC', machine.timestamp.monotonic),
    // A blank before each, the first too: a slip of systemd's that became the format.
    assignment('NETIF', machine.interfaces.map((index) => ` ${index}`).join('') || undefined),
    assignment('VSOCK_CID', machine.vsockCid ?? anyCid),
    assignment('SSH_ADDRESS', machine.sshAddress),
    assignment('SSH_PRIVATE_KEY_PATH', machine.sshPrivateKeyPath),
    assignment('CONTROL_ADDRESS', machine.controlAddress),
  ].join('');
}

/**
 * The name of the symbolic link, beside the state file and to it, by which libsystemd finds the machine of a unit.
 * Undefined for a machine that has no unit to itself.
 */
export function unitLinkName(machine: Placed): string | undefined {
  const unit = ownUnit(machine);
  return unit === undefined ? undefined : `unit:${unit}`;
}

/**
 * Reads a state file, also one that systemd-machined wrote. Keys may be missing, unknown, or hold what cannot be used,
 * which is then left out and told in `problems`; an empty value is a missing one.
 */
export function parseState(text: string): SavedMachine {
  const reader = new Reader(parseAssignments(text));
  const realtime = reader.number('REALTIME', Number.MAX_SAFE_INTEGER);
  const monotonic = reader.number('MONOTONIC', Number.MAX_SAFE_INTEGER);
  const saved = {
    name: reader.matching('NAME', isMachineName),
    owner: reader.number('UID', 0xffff_fffe),
    unit: reader.text('SCOPE'),
    subgroup: reader.text('SUBGROUP'),
    service: reader.text('SERVICE'),
    rootDirectory: reader.text('ROOT'),
    id: reader.matching('ID', isId128),
    leader: reader.process('LEADER'),
    supervisor: reader.process('SUPERVISOR'),
    class: reader.matching('CLASS', isRegisteredClass),
    timestamp: realtime === undefined ? undefined : { realtime, monotonic: monotonic ?? 0 },
    vsockCid: reader.number('VSOCK_CID', anyCid),
    sshAddress: reader.text('SSH_ADDRESS'),
    sshPrivateKeyPath: reader.text('SSH_PRIVATE_KEY_PATH'),
    controlAddress: reader.text('CONTROL_ADDRESS'),
  };
  if (saved.vsockCid === anyCid || saved.vsockCid === 0) saved.vsockCid = undefined;
  return { interfaces: reader.interfaces('NETIF'), problems: reader.problems, ...withoutUndefined(saved) };
}

/** VMADDR_CID_ANY of vsock(7): no context id. */
const anyCid = 0xffff_ffff;
const maximumPid = 2 ** 31 - 1;

function assignment(key: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? `${key}=${value}\n` : formatAssignment(key, value);
}

function isRegisteredClass(value: string): value is RegisteredClass {
  return value === 'container' || value === 'vm';
}

/** Takes values out of a file, and notes those that cannot be used. */
class Reader {
  readonly problems: string[] = [];
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  text(key: string): string | undefined {
    return this.#values.get(key) || undefined;
  }

  matching<Good extends string>(key: string, isGood: (value: string) => value is Good): Good | undefined;
  matching(key: string, isGood: (value: string) => boolean): string | undefined;
  matching(key: string, isGood: (value: string) => boolean): string | undefined {
    const value = this.text(key);
    return value === undefined || isGood(value) ? value : this.#problem(key, value);
  }

  number(key: string, maximum: number): number | undefined {
    const value = this.matching(key, (text) => /^\d{1,16}$/.test(text) && Number(text) <= maximum);
    return value === undefined ? undefined : Number(value);
  }

  /** None, rather than one that could be another process, when its pidfd id is there and of no use. */
  process(key: string): ProcessIdentity | undefined {
    const pid = this.number(key, maximumPid);
    const saved = this.text(`${key}_PIDFDID`);
    const pidfdId = this.number(`${key}_PIDFDID`, Number.MAX_SAFE_INTEGER);
    if (!pid || (saved !== undefined && !pidfdId)) return undefined;
    return { pid, ...(pidfdId && { pidfdId }) };
  }

  interfaces(key: string): number[] {
    const words = (this.text(key) ?? '').split(/[ \t]+/).filter((word) => word !== '');
    return words.map(Number).filter((index, position) => {
      const good = Number.isInteger(index) && index > 0 && index <= maximumPid;
      if (!good) this.#problem(key, words[position] ?? '');
      return good;
    });
  }

  #problem(key: string, value: string): undefined {
    this.problems.push(`${key} cannot be ${JSON.stringify(value.slice(0, 80))}`);
  }
}
