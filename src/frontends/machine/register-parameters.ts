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
  parseVsockCid,
} from '../../machine/registration-rules.ts';
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
  service: (request, value) => {
    request.service = value;
  },
  leader: (request, value, name) => setLeader(request, { pid: parsePid(value, name) }, name),
  leaderProcessId: (request, value, name) => setLeader(request, readClaim(value, name), name),
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
  return { ...request, name: parameters.name, class: parameters.class, interfaces: request.interfaces ?? [] };
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
  request.leaderParameter = name;
}

function readClaim({ pid, pidfdId, bootId }: ProcessId, name: string): ProcessClaim {
  const hexadecimal = typeof bootId === 'string' ? parseMachineId(bootId, name) : undefined;
  if (typeof pidfdId === 'number' && pidfdId < 0) throw new MachineError('invalid-parameter', 'no inode number', name);
  return {
    pid: parsePid(pid, name),
    // 0 is what systemd-machined takes for "not known".
    ...(typeof pidfdId === 'number' && pidfdId > 0 && { pidfdId }),
    ...(hexadecimal !== undefined && { bootId: hexadecimal }),
  };
}
