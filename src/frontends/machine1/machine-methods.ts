import type { MethodCall, PreparedBody } from '../../dbus/call.ts';
import type { Machine } from '../../machine/machine.ts';
import { addressesOf } from '../../resolver/addresses.ts';
import { uidShiftOf } from '../../resolver/id-mapping.ts';
import { answering, answeringLater, doing } from './answering.ts';
import { addressesBody, fieldsBody, pathBody } from './encode.ts';
import { notFound } from './errors.ts';
import { readKill } from './parameters.ts';
import type { Machine1Services } from './services.ts';

/**
 * What both objects can do with a machine: Manager after it has looked it up by name, Machine with itself. What needs
 * no privilege is answered at once, from memory.
 */
export class MachineMethods {
  readonly #services: Machine1Services;
  /** A machine is another one after each change, and so are its addresses. */
  readonly #addresses = new WeakMap<Machine, PreparedBody>();
  readonly #paths = new WeakMap<Machine, PreparedBody>();

  constructor(services: Machine1Services) {
    this.#services = services;
  }

  getPath(machine: Machine): PreparedBody {
    const known = this.#paths.get(machine);
    if (known !== undefined) return known;
    const body = pathBody(machine);
    this.#paths.set(machine, body);
    return body;
  }

  getAddresses(machine: Machine): PreparedBody {
    const { metadata } = this.#services;
    if (machine.class !== 'host') metadata.refresh(machine);
    const known = this.#addresses.get(machine);
    if (known !== undefined) return known;
    const onlyContainers = 'Requesting IP address data is only supported on container machines.';
    const body = addressesBody(answering({ machine, onlyContainers }, () => addressesOf(machine, metadata)));
    // The host's own addresses are not among what is kept current.
    if (machine.class !== 'host') this.#addresses.set(machine, body);
    return body;
  }

  getSSHInfo({ sshAddress, sshPrivateKeyPath }: Machine): { ssh_address: string; ssh_private_key_path: string } {
    if (sshAddress === undefined || sshPrivateKeyPath === undefined) throw notFound();
    return { ssh_address: sshAddress, ssh_private_key_path: sshPrivateKeyPath };
  }

  getUIDShift(machine: Machine): { shift: number } {
    const onlyContainers = 'UID/GID shift may only be determined for container machines.';
    return { shift: answering({ machine, onlyContainers }, () => uidShiftOf(machine)) };
  }

  /** All of it is asked for by `machinectl list`: who has been let through once is not asked about at each machine. */
  getOSRelease(machine: Machine, call: MethodCall): Promise<PreparedBody> {
    const { authority, metadata, registry } = this.#services;
    const { knownUid, sender } = call;
    const onlyContainers = 'Requesting OS release data is only supported on container machines.';
    const about = { machine, onlyContainers };
    const read = async (): Promise<PreparedBody> =>
      fieldsBody(await metadata.osRelease(registry.current(machine), sender));
    if (knownUid !== undefined && authority.allowsUnasked('inspect-machine', knownUid, machine)) {
      return answeringLater(about, read);
    }
    return doing(about, call, async (caller) => {
      await authority.authorize('inspect-machine', caller, machine);
      return read();
    });
  }

  unregister(machine: Machine, call: MethodCall): Promise<Record<never, never>> {
    return doing({ machine }, call, async (caller) => {
      await this.#services.operations.unregister(machine, caller);
      return {};
    });
  }

  terminate(machine: Machine, call: MethodCall): Promise<Record<never, never>> {
    return doing({ machine }, call, async (caller) => {
      await this.#services.operations.terminate(machine, caller);
      return {};
    });
  }

  kill(machine: Machine, given: Parameters<typeof readKill>[0], call: MethodCall): Promise<Record<never, never>> {
    const { whom, signal } = readKill(given);
    return doing({ machine }, call, async (caller) => {
      await this.#services.operations.kill(machine, whom, signal, caller);
      return {};
    });
  }
}
