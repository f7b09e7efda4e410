import type { AnyVariant } from '../../dbus/values.ts';
import type { ProcessClaim, ProcessFinder, RegistrationRequest } from '../../machine/operations.ts';
import { parseAbsolutePath, parsePlainText, parseVsockCid } from '../../machine/registration-rules.ts';
import { invalidArguments, worded } from './errors.ts';
import { readField } from './parameters.ts';

/** The arguments of RegisterMachineEx, and of CreateMachineEx but for the scope's properties. */
export interface ExtendedArguments {
  readonly name: string;
  readonly properties: readonly (readonly [name: string, value: AnyVariant])[];
}

type Request = { -readonly [Field in keyof RegistrationRequest]?: RegistrationRequest[Field] | undefined };

/** What properties say, of which the last one of a name counts. */
interface Draft extends Request {
  leaderPid?: number;
  leaderPidfdId?: number;
  leaderPidfd?: number;
}

interface PropertyReader {
  readonly type: string;
  // Each takes the type that is beside it, which has been compared with that of the value.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  read(value: any): Draft;
}

/** All that systemd 262 knows. No text, bytes or indices at all are as good as the property left out. */
const readers: ReadonlyMap<string, PropertyReader> = new Map<string, PropertyReader>([
  ['Id', reader('ay', (bytes: Uint8Array) => ({ id: readField.id(bytes) }))],
  ['Service', reader('s', (text: string) => ({ service: readField.service(text) }))],
  ['Class', reader('s', (text: string) => ({ class: readField.class(text) }))],
  ['LeaderPID', reader('u', (leaderPid: number) => ({ leaderPid }))],
  ['LeaderPIDFDID', reader('t', (id: bigint) => ({ leaderPidfdId: Number(id) }))],
  ['LeaderPIDFD', reader('h', (leaderPidfd: number) => ({ leaderPidfd }))],
  ['RootDirectory', reader('s', (path: string) => ({ rootDirectory: readField.rootDirectory(path) }))],
  ['NetworkInterfaces', reader('ai', (indices: readonly number[]) => ({ interfaces: readField.interfaces(indices) }))],
  ['VSockCID', reader('u', (cid: number) => ({ vsockCid: parseVsockCid(cid, 'VSockCID') }))],
  [
    'SSHAddress',
    reader('s', (text: string) => ({ sshAddress: text === '' ? undefined : parsePlainText(text, 'SSHAddress') })),
  ],
  [
    'SSHPrivateKeyPath',
    reader('s', (path: string) => ({
      sshPrivateKeyPath: path === '' ? undefined : parseAbsolutePath(path, 'SSHPrivateKeyPath'),
    })),
  ],
]);

/** @throws DBusError InvalidArgs */
export function readExtendedRegistration(
  given: ExtendedArguments,
  processes: Pick<ProcessFinder, 'claimOf'>,
): RegistrationRequest {
  const name = readField.name(given.name);
  const draft: Draft = {};
  for (const [property, { signature, value }] of given.properties) {
    const known = readers.get(property);
    if (known === undefined) throw invalidArguments(`Unknown property '${property}'`);
    if (known.type !== signature) {
      throw invalidArguments(`Property '${property}' is of type '${signature}', not '${known.type}'`);
    }
    Object.assign(
      draft,
      worded(undefined, () => known.read(value)),
    );
  }
  const { leaderPid: _pid, leaderPidfdId: _id, leaderPidfd: _fd, ...fields } = draft;
  const leader = readLeader(draft, processes);
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return {
    ...(present as Partial<RegistrationRequest>),
    name,
    class: readField.class(draft.class ?? ''),
    ...(leader !== undefined && { leader }),
    interfaces: draft.interfaces ?? [],
  };
}

/**
 * The process that is named in up to three ways. A number alone could be another process's by now, so it needs the
 * inode number of its pidfd, and that needs it. Zeros are as good as left out; without a leader it is the caller.
 */
function readLeader(
  { leaderPid = 0, leaderPidfdId = 0, leaderPidfd }: Draft,
  processes: Pick<ProcessFinder, 'claimOf'>,
): ProcessClaim | undefined {
  if (leaderPidfd !== undefined) {
    const claim = worded('Invalid leader PID', () => processes.claimOf(leaderPidfd));
    if (leaderPid !== 0 && leaderPid !== claim.pid) {
      throw invalidArguments('LeaderPID and LeaderPIDFD refer to different processes');
    }
    if (leaderPidfdId !== 0 && leaderPidfdId !== claim.pidfdId) {
      throw invalidArguments('LeaderPIDFDID does not match the inode number of LeaderPIDFD');
    }
    return claim;
  }
  const claim = readField.leader(leaderPid);
  if (claim === undefined && leaderPidfdId === 0) return undefined;
  if (claim === undefined || leaderPidfdId === 0) {
    throw invalidArguments(
      'Both LeaderPID and LeaderPIDFDID must be specified to identify the leader process by PIDFDID',
    );
  }
  return { ...claim, pidfdId: leaderPidfdId };
}

function reader<Value>(type: string, read: (value: Value) => Draft): PropertyReader {
  return { type, read };
}
