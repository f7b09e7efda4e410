import { readControlGroup } from '../../linux/control-group.ts';
import { killControlGroup, processesBelow } from '../../linux/control-group-processes.ts';
import { groupOfUnit } from '../../linux/control-group-unit.ts';
import { SystemError } from '../../linux/libc.ts';
import { Process } from '../../linux/process.ts';
import { isOwnedBy } from '../../linux/process-user.ts';
import { MachineError } from '../../machine/errors.ts';
import { type Machine, ownUnit, type ProcessIdentity } from '../../machine/machine.ts';
import type { KillWhom } from '../../machine/operations.ts';
import { scopeUnitName } from '../../machine/unit-manager.ts';

/**
 * Sends a signal to a machine's leader, its supervisor, or all processes of its control group; of a machine that has
 * none of its own, `all` is the leader.
 * @param caller the user who wants it, who by owning a machine has no power over what is another user's by now
 * @throws MachineError `no-such-process` when there is no such process (any more), `permission-denied`
 */
export function signalMachine(machine: Machine, leader: Process, whom: KillWhom, signal: number, caller: number): void {
  const user = restrictedTo(machine, caller);
  switch (whom) {
    case 'leader':
      sendSignal(leader, signal, user);
      break;
    case 'supervisor':
      withSupervisor(machine, (supervisor) => sendSignal(supervisor, signal, user));
      break;
    case 'all':
      signalAll(machine, leader, signal, user);
      break;
  }
}

/**
 * Asks a machine's processes to end, and ends those that have not after {@link PATIENCE}: what systemd's manager does
 * when a unit is stopped (systemd.kill(5), KillMode=control-group). A machine in a control group below its unit's is
 * left to its supervisor (systemd 262).
 * @param caller as in {@link signalMachine}
 * @throws MachineError `no-such-process`, `permission-denied`
 */
export function endMachine(machine: Machine, leader: Process, caller: number): void {
  const user = restrictedTo(machine, caller);
  if (machine.subgroup !== undefined && machine.supervisor !== undefined) {
    withSupervisor(machine, (supervisor) => sendSignal(supervisor, SIGTERM, user));
    return;
  }
  signalAll(machine, leader, SIGTERM, user);
  unlessGone(() => signalAll(machine, leader, SIGCONT, user));
  setTimeout(() => {
    try {
      withProcess(machine.leader, (pinned) => signalAll(machine, pinned, SIGKILL, user));
    } catch {
      // It has ended; or it became another user's meanwhile, which is not for us to end, and nobody waits for an
      // answer.
    }
  }, PATIENCE).unref();
}

/** Whether a machine has the scope unit to itself that is made for a machine of its name. */
export function hasScopeOfItsOwn(machine: Machine): machine is Machine & { readonly unit: string } {
  const { class: machineClass, name, subgroup, unit } = machine;
  return machineClass !== 'host' && subgroup === undefined && unit === scopeUnitName(name);
}

/**
 * The unit that ends with the machine, if there is one; never the one that we are in ourselves.
 * @throws MachineError `no-such-process`
 */
export function unitToEnd(machine: Machine, leader: Process): string | undefined {
  const unit = ownUnit(machine);
  if (unit === undefined || !ownsWholeUnit(machine)) return undefined;
  const path = findGroup(machine, unit, leader);
  return path !== undefined && processesBelow(path).includes(process.pid) ? undefined : unit;
}

/**
 * A user's machine is not all that is in the unit that the leader was found in, as in cron.service: the rest is not the
 * user's to end. (systemd 262 ends it.) In a user's own registry all units are the user's.
 */
function ownsWholeUnit(machine: Machine): boolean {
  return machine.owner === 0 || machine.owner === process.geteuid?.() || hasScopeOfItsOwn(machine);
}

/**
 * A user may end the user's machine because its processes are the user's. One that has started a program of another
 * user since, as su(1) or sudo(8), is not, and kill(2) would refuse it too. (systemd 262 ends it.) In a user's own
 * registry the kernel sees to that.
 */
function restrictedTo({ owner }: Machine, caller: number): number | undefined {
  return caller === owner && owner !== 0 && owner !== process.geteuid?.() ? owner : undefined;
}

/** Milliseconds: systemd's DefaultTimeoutStopSec. */
const PATIENCE = 90_000;
const SIGKILL = 9;
const SIGTERM = 15;
const SIGCONT = 18;

function signalAll(machine: Machine, leader: Process, signal: number, user: number | undefined): void {
  const path = machine.unit === undefined ? undefined : findGroup(machine, machine.unit, leader);
  const pids = path === undefined ? [] : processesBelow(path);
  const ours = pids.includes(process.pid);
  const owner = ownsWholeUnit(machine) ? undefined : machine.owner;
  if (path !== undefined && signal === SIGKILL && !ours && owner === undefined && killControlGroup(path)) return;
  let reached = 0;
  for (const pid of pids) {
    if (pid !== process.pid && signalIfIn(path as string, pid, signal, owner)) reached++;
  }
  // Without a unit the leader is what there is; the end of a PID namespace's init is the end of all in it.
  if (reached === 0) sendSignal(leader, signal, user);
}

/**
 * The control group that is the machine's: the unit's, or the one below it. Undefined when the leader has left it.
 * @throws MachineError `no-such-process`
 */
function findGroup({ subgroup }: Machine, unit: string, leader: Process): string | undefined {
  const path = groupOfUnit(orGone(leader.pid, () => readControlGroup(leader)) ?? '', unit);
  return path === undefined || subgroup === undefined ? path : `${path}/${subgroup}`;
}

/**
 * Signals a process only if it is, once pinned, still in the control group: its number may be another's by now.
 * @param owner whose it must be, if it must be somebody's
 */
function signalIfIn(path: string, pid: number, signal: number, owner: number | undefined): boolean {
  let pinned: Process | undefined;
  try {
    pinned = Process.open(pid);
    const now = readControlGroup(pinned);
    if (now !== path && !now?.startsWith(`${path}/`)) return false;
    if (owner !== undefined && !isOwnedBy(pinned, owner)) return false;
    pinned.signal(signal);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ESRCH') return false;
    throw error;
  } finally {
    pinned?.close();
  }
}

function withSupervisor(machine: Machine, use: (supervisor: Process) => void): void {
  if (machine.supervisor === undefined) throw gone(`${machine.name} has no supervisor`);
  withProcess(machine.supervisor, use);
}

/**
 * Uses a process if it is still the one that was meant, which only pidfd ids can tell (Linux 6.9).
 * @throws MachineError `no-such-process`
 */
function withProcess({ pid, pidfdId }: ProcessIdentity, use: (process: Process) => void): void {
  const pinned = orGone(pid, () => Process.open(pid));
  try {
    if (pinned.id === undefined || pinned.id !== pidfdId) throw gone(`process ${pid} has ended`);
    use(pinned);
  } finally {
    pinned.close();
  }
}

/** That it has ended already was what was wanted. */
function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof MachineError && error.code === 'no-such-process')) throw error;
  }
}

/** @param user whose it must be, if it must be somebody's */
function sendSignal(target: Process, signal: number, user: number | undefined): void {
  orGone(target.pid, () => {
    if (user !== undefined && !isOwnedBy(target, user)) {
      throw new MachineError('permission-denied', `process ${target.pid} is not user ${user}'s`);
    }
    target.signal(signal);
  });
}

/** @throws MachineError `no-such-process` when the process has ended */
function orGone<T>(pid: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SystemError && error.code === 'ESRCH' ? gone(`process ${pid} has ended`) : error;
  }
}

function gone(message: string): MachineError {
  return new MachineError('no-such-process', message);
}
