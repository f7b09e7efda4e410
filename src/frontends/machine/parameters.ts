import { MachineError } from '../../machine/errors.ts';
import { parseMachineName } from '../../machine/machine-name.ts';
import type { ProcessClaim, RegistrationRequest } from '../../machine/operations.ts';
import {
  parseAbsolutePath,
  parseInterfaces,
  parseMachineId,
  parseNormalizedPath,
  parsePid,
  parsePlainText,
  parseService,
  parseVsockCid,
} from '../../machine/registration-rules.ts';
import type { Ids } from '../../resolver/id-mapping.ts';
import type { MachineQuery } from '../../resolver/machines.ts';
import type { Call } from '../../varlink/index.ts';
import type { Methods, ProcessId } from './io.systemd.Machine.ts';

type RegisterParameters = Methods['Register']['parameters'];
type Request = { -readonly [Field in keyof RegistrationRequest]?: RegistrationRequest[Field] };

/** How each parameter becomes part of the request. A parameter that is null is as good as absent. */
const readers: {
  readonly [Name in keyof RegisterParameters]?: (
    request: Request,
    value: NonNullable<RegisterParameters[Name]>,
    name: string,
  ) => void;
} = {
  name: (request, value) => {
    request.name = parseMachineName(value);
  },
  id: (request, value, name) => {
    const id = parseMachineId(value, name);
    if (id !== undefined) request.id = id;
  },
  service: (request, value, name) => {
    request.service = parseService(value, name);
  },
  leader: (request, value, name) => setLeader(request, { pid: parsePid(value, name) }, name),
  leaderProcessId: (request, value, name) => setLeader(request, readLeader(value, name), name),
  rootDirectory: (request, value, name) => {
    request.rootDirectory = parseNormalizedPath(value, name);
  },
  ifIndices: (request, value, name) => {
    request.interfaces = parseInterfaces(value, name);
  },
  vSockCid: (request, value, name) => {
    request.vsockCid = parseVsockCid(value, name);
  },
  sshAddress: (request, value, name) => {
    request.sshAddress = parsePlainText(value, name);
  },
  sshPrivateKeyPath: (request, value, name) => {
    request.sshPrivateKeyPath = parseAbsolutePath(value, name);
  },
  controlAddress: (request, value, name) => {
    request.controlAddress = parseNormalizedPath(value, name);
  },
};

/**
 * Reads the parameters of Register, in the order in which the request has them, so that of several faults the same one
 * is told as by systemd 262.
 * @throws MachineError `invalid-parameter`
 */
export function readRegistration(parameters: RegisterParameters): RegistrationRequest {
  const request: Request = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue;
    // Each reader takes the type of its own parameter, which a loop cannot tell the compiler.
    const read = readers[name as keyof RegisterParameters] as
      | ((request: Request, value: unknown, name: string) => void)
      | undefined;
    read?.(request, value, name);
  }
  if (parameters.class === 'host') throw new MachineError('invalid-parameter', 'there is only one host', 'class');
  const { name = parseMachineName(parameters.name), interfaces = [], ...others } = request;
  return { name, ...others, class: parameters.class, interfaces };
}

/**
 * What is thrown for an error of a registration: one about the leader is told under the name of the parameter that
 * named it last, which is `leader` where none did.
 */
export function registrationError(error: unknown, parameters: RegisterParameters): unknown {
  if (!(error instanceof MachineError && error.parameter === 'leader' && error.code !== 'machine-exists')) return error;
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const name = given.map(([key]) => key).findLast((key) => key === 'leader' || key === 'leaderProcessId');
  return new MachineError(error.code, error.message, name ?? 'leader');
}

/** The parameters by which most methods choose a machine. */
export interface MachineParameters {
  readonly name?: string | null | undefined;
  readonly pid?: ProcessId | null | undefined;
}

/**
 * Which machine the parameters are about. PID 0 is the caller.
 * @throws MachineError `invalid-parameter` (pid)
 */
export function readMachineQuery({ name, pid }: MachineParameters, call: Call): MachineQuery {
  return { ...(typeof name === 'string' && { name }), ...(pid && { process: readProcess(pid, call) }) };
}

/** The ids in the parameters of MapFrom and MapTo. */
export function readIds({ uid, gid }: { uid?: number | null | undefined; gid?: number | null | undefined }): Ids {
  return { ...(typeof uid === 'number' && { uid }), ...(typeof gid === 'number' && { gid }) };
}

/** A second naming of the leader must agree with the first, and can only add to it. */
function setLeader(request: Request, claim: ProcessClaim, name: string): void {
  const { leader } = request;
  const differs =
    leader !== undefined &&
    (leader.pid !== claim.pid ||
      (leader.pidfdId !== undefined && claim.pidfdId !== undefined && leader.pidfdId !== claim.pidfdId));
  if (differs) throw new MachineError('invalid-parameter', 'leader and leaderProcessId differ', name);
  request.leader = { ...leader, ...claim };
}

function readLeader({ pid, pidfdId, bootId }: ProcessId, name: string): ProcessClaim {
  const hexadecimal = typeof bootId === 'string' ? parseMachineId(bootId, name) : undefined;
  if (typeof pidfdId === 'number' && pidfdId < 0) throw new MachineError('invalid-parameter', 'no inode number', name);
  return {
    pid: parsePid(pid, name),
    // 0 is what systemd-machined takes for "not known".
    ...(typeof pidfdId === 'number' && pidfdId > 0 && { pidfdId }),
    ...(hexadecimal !== undefined && { bootId: hexadecimal }),
  };
}

function readProcess({ pid, pidfdId, bootId }: ProcessId, call: Call): ProcessClaim {
  if (typeof pidfdId === 'number' && pidfdId < 0) throw invalidProcess('no inode number is negative');
  // 0 is the caller: whoever says more means somebody else.
  if (pid === 0 && (pidfdId || bootId)) throw invalidProcess('the caller has a pidfd id and a boot id of its own');
  return {
    pid: pid === 0 ? (call.peer.pid ?? 0) : pid,
    ...(typeof pidfdId === 'number' && { pidfdId }),
    ...(typeof bootId === 'string' && { bootId }),
  };
}

function invalidProcess(message: string): MachineError {
  return new MachineError('invalid-parameter', message, 'pid');
}
