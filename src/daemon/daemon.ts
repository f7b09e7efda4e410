import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { PolkitClient } from '../clients/polkit/polkit-client.ts';
import { SystemdUnits } from '../clients/systemd1/systemd-units.ts';
import { emitMachineSignals } from '../frontends/machine1/signals.ts';
import { readBootId } from '../linux/boot-id.ts';
import { lockDirectory } from '../linux/directory-lock.ts';
import { EventLoop } from '../linux/event-loop.ts';
import { Authority } from '../machine/authorize.ts';
import { Registry } from '../machine/registry.ts';
import { HostNames } from '../resolver/host-names.ts';
import { EmbeddedSource } from '../sources/embedded/embedded-source.ts';
import { StateDirectory } from '../sources/embedded/state-directory.ts';
import { hostMachine } from '../sources/kernel/host-machine.ts';
import { machineMetadata } from '../sources/kernel/metadata.ts';
import { networkDetails } from '../sources/kernel/network-details.ts';
import { processFinder } from '../sources/kernel/process-finder.ts';
import { MachineRoots } from '../sources/kernel/roots/machine-roots.ts';
import { DaemonBus } from './bus.ts';
import type { BusChoice } from './bus-choice.ts';
import { serveDns } from './dns.ts';
import type { DnsChoice } from './dns-choice.ts';
import { guestAddresses } from './guest-addresses.ts';
import { describeError, type Log } from './log.ts';
import { logChanges } from './log-changes.ts';
import { logControl } from './log-control.ts';
import { busObjects } from './objects.ts';
import { followOwnNames } from './own-names.ts';
import { serveResolveHook } from './resolve-hook.ts';
import type { RuntimePaths } from './runtime-directory.ts';
import { machineServer, userdbServer } from './servers.ts';
import { Sockets } from './sockets.ts';

/** What the daemon runs with. */
export interface DaemonOptions {
  readonly paths: RuntimePaths;
  /** Absent: nobody can ask over D-Bus, and polkit and systemd cannot be asked. */
  readonly bus?: BusChoice | undefined;
  /** Absent: nobody can ask over DNS. */
  readonly dns?: DnsChoice | undefined;
  /** Whether containers answer to what they call themselves, too. */
  readonly ownNames: boolean;
  /** Lease files of dnsmasq(8), by their paths, from which addresses of VMs are known. */
  readonly leases?: readonly string[];
  readonly log: Log;
  /** The user whose registry it is. */
  readonly uid: number;
  readonly environment: NodeJS.ProcessEnv;
}

/** A running registry with its sockets. */
export interface Daemon {
  readonly registry: Registry;
  /** Closes sockets and lets go of the machines, which are kept in their state files. */
  close(): void;
}

/**
 * Puts everything together. First the directory is locked and the sockets are taken, which shows that nobody else runs;
 * then the machines are restored; and only then is anybody answered, from a registry that is complete. The bus comes
 * last: a name on it says that all is there.
 * @throws Error of the file system, or of a directory or socket that is in use, or of a bus that refuses; nothing is
 * left open then
 */
export async function startDaemon({
  paths,
  bus: choice,
  dns,
  ownNames,
  leases,
  log,
  uid,
  environment,
}: DaemonOptions): Promise<Daemon> {
  const onClose: (() => void)[] = [];
  const close = (): void => {
    for (const step of onClose.reverse()) step();
    onClose.length = 0;
  };
  try {
    mkdirSync(paths.states, { recursive: true, mode: 0o755 });
    const unlock = lockDirectory(paths.states);
    if (unlock === undefined) throw new Error(`${paths.states} is in use by another mymachines`);
    onClose.push(unlock);

    const loop = new EventLoop({ linger: true });
    onClose.push(() => loop.close());
    const sockets = new Sockets(loop, log);
    onClose.push(() => sockets.close());
    const machineListener = sockets.listen('machine', paths.machineSocket);
    const userdbListener = sockets.listen('userdb', paths.userdbSocket);

    const registry = new Registry((error) => log.err('listener failed', { error: describeError(error) }));
    registry.add(hostMachine());
    const bootId = readBootId();
    const onProblem = (error: Error): void => log.warning('trouble', { error: describeError(error) });
    const bus = new DaemonBus();
    onClose.push(() => bus.close());
    const units = new SystemdUnits({ onProblem });
    const authority = new Authority(uid, new PolkitClient({ bus: () => bus.connection, onProblem }));
    const operations = new EmbeddedSource({
      loop,
      registry,
      states: new StateDirectory(paths.states),
      authority,
      units,
      bootId,
      uid,
      onProblem,
    });
    onClose.push(() => operations.close());
    const { limitation } = operations.leaders;
    if (limitation) {
      const reason = describeError(limitation);
      log.warning('addresses are read on demand: live ones need CAP_NET_ADMIN and CAP_NET_BROADCAST', { reason });
    }
    operations.restore();
    if (registry.size > 1) log.info('machines restored', { count: registry.size - 1 });
    logChanges(registry, log);
    const guests = guestAddresses({ loop, registry, leaders: operations.leaders, leases, onProblem });
    onClose.push(() => guests?.close());

    const roots = new MachineRoots();
    onClose.push(() => roots.close());
    const processes = processFinder(registry, bootId, uid);
    const metadata = machineMetadata(roots, operations.leaders);
    const services = { registry, operations, processes, metadata, authority, files: roots };
    const control = logControl(log);
    const network = networkDetails(operations.leaders);
    const hostNames = new HostNames(registry, metadata);
    onClose.push(() => hostNames.close());
    const machine = machineServer({ ...services, network, hostNames, bootId }, { log, control, environment, uid });
    const userdb = userdbServer(registry, log);
    onClose.push(
      () => machine.close(),
      () => userdb.close(),
    );
    userdb.serve(userdbListener);
    if (ownNames) onClose.push(followOwnNames({ registry, roots, hostNames, host: hostname(), log }));
    // systemd-resolved is the system's.
    if (uid === 0) onClose.push(serveResolveHook({ hostNames, metadata, sockets, path: paths.hookSocket, log }));
    if (dns !== undefined) onClose.push(serveDns({ choice: dns, loop, log, registry, hostNames, metadata }));
    if (choice !== undefined) {
      const objects = busObjects(services, control, uid);
      onClose.push(emitMachineSignals(registry, bus.emit));
      await bus.join({ choice, loop, log, objects, onConnected: (connection) => units.attach(connection) });
    }
    // Only now, as the first call may be what started us, and may want a unit or polkit's word.
    machine.serve(machineListener);
    return { registry, close };
  } catch (error) {
    close();
    throw error;
  }
}
