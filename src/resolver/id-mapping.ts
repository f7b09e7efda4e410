import { MachineError } from '../machine/errors.ts';
import { firstForeignId, isId, toHost, uidShift } from '../machine/id-map.ts';
import type { Machine } from '../machine/machine.ts';
import type { IdOwner, Registry } from '../machine/registry.ts';

/** A user, a group, or both, by number. */
export interface Ids {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The host's numbers for a user and group of a container: the answer to io.systemd.Machine.MapFrom. What is not asked
 * for is not answered. It tells what the map says, host ids too, as systemd 262 does; there are names only for some.
 * @throws MachineError `invalid-parameter` (no id), `not-supported` (no container), `no-such-user`, `no-such-group`
 * (also where the host's number would be 65535, to which systemd answers EINVAL).
 */
export function mapFrom(machine: Machine, { uid, gid }: Ids): Ids {
  refuseNoId('uid', uid);
  refuseNoId('gid', gid);
  if (machine.class !== 'container') {
    throw new MachineError('not-supported', `machine ${machine.name} is no container, and so has no ids of its own`);
  }
  const { uidMap, gidMap, sharesHostUsers } = machine.facts;
  const hostUid = uid === undefined || sharesHostUsers ? uid : toHost(uidMap, uid);
  const hostGid = gid === undefined || sharesHostUsers ? gid : toHost(gidMap, gid);
  if (uid !== undefined && hostUid === undefined) throw noSuch('user', `machine ${machine.name} has no user ${uid}`);
  if (gid !== undefined && hostGid === undefined) throw noSuch('group', `machine ${machine.name} has no group ${gid}`);
  return { ...(hostUid !== undefined && { uid: hostUid }), ...(hostGid !== undefined && { gid: hostGid }) };
}

/**
 * The container that a user and group of the host belong to, and their numbers in it: the answer to
 * io.systemd.Machine.MapTo.
 * @throws MachineError `invalid-parameter` (no id), `user-in-host-range`, `group-in-host-range`, `no-such-user`,
 * `no-such-group`, `no-such-machine` (of two different machines, or neither was given), in this order.
 */
export function mapTo(registry: Registry, { uid, gid }: Ids): Ids & { readonly machine: Machine } {
  refuseNoId('uid', uid);
  refuseNoId('gid', gid);
  if (uid !== undefined && uid < firstForeignId) {
    throw new MachineError('user-in-host-range', `user ${uid} is one of the host's own`);
  }
  if (gid !== undefined && gid < firstForeignId) {
    throw new MachineError('group-in-host-range', `group ${gid} is one of the host's own`);
  }
  const user = uid === undefined ? undefined : named(registry.userOwner(uid));
  if (uid !== undefined && user === undefined) throw noSuch('user', `user ${uid} is of no machine`);
  const group = gid === undefined ? undefined : named(registry.groupOwner(gid));
  if (gid !== undefined && group === undefined) throw noSuch('group', `group ${gid} is of no machine`);
  const machine = user?.machine ?? group?.machine;
  if (machine === undefined) throw new MachineError('no-such-machine', 'neither a user nor a group was given');
  if (group !== undefined && group.machine !== machine) {
    const message = `user ${uid} is of machine ${machine.name}, group ${gid} is of machine ${group.machine.name}`;
    throw new MachineError('no-such-machine', message);
  }
  return { machine, ...(user && { uid: user.insideId }), ...(group && { gid: group.insideId }) };
}

/**
 * The host's number for a machine's user 0, where all its users and groups are shifted alike: the answer to
 * GetMachineUIDShift and List's UIDShift.
 * @throws MachineError `not-supported` (a VM), `no-uid-shift` (also where no map is known, to which systemd answers
 * ENOMSG)
 */
export function uidShiftOf(machine: Machine): number {
  if (machine.class === 'vm') throw new MachineError('not-supported', `machine ${machine.name} is no container`);
  if (machine.class === 'host' || machine.facts.sharesHostUsers) return 0;
  const shift = uidShift(machine.facts.uidMap, machine.facts.gidMap);
  if (shift !== undefined) return shift;
  throw new MachineError('no-uid-shift', `the users of machine ${machine.name} are not all shifted alike`);
}

function refuseNoId(parameter: 'uid' | 'gid', id: number | undefined): void {
  if (id !== undefined && !isId(id)) throw new MachineError('invalid-parameter', `${id} is no ${parameter}`, parameter);
}

/** Inside, two of the numbers are no ids: the owner of the host's id is known, but there is no such user. */
function named(owner: IdOwner | undefined): IdOwner | undefined {
  return owner && isId(owner.insideId) ? owner : undefined;
}

function noSuch(what: 'user' | 'group', message: string): MachineError {
  return new MachineError(`no-such-${what}`, message);
}
