import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { PolkitClient } from '../clients/polkit/polkit-client.ts';
import { SystemdUnits } from '../clients/systemd1/systemd-units.ts';
import type { Bus } from '../dbus/connection/bus.ts';
import { emitMachineSignals } from '../frontends/machine1/signals.ts';
import { readBootId } from '../linux/boot-id.ts';
import { lockDirectory } from '../linux/directory-lock.ts';
import { EventLoop } from '../linux/event-loop.ts';
import { HoldUps } from '../linux/hold-ups.ts';
import { prepareSpawning } from '../linux/spawn.ts';
import { Authority } from '../machine/authorize.ts';
import type { SourceName } from '../machine/machine-source.ts';
import type { Registry } from '../machine/registry.ts';
import { besideService, type RuntimePaths } from '../machine/runtime-directory.ts';
import { HostNames } from '../resolver/host-names.ts';
import { machineMetadata } from '../sources/kernel/metadata.ts';
import { networkDetails } from '../sources/kernel/network-details.ts';
import { processFinder } from '../sources/kernel/process-finder.ts';
import { MachineRoots } from '../sources/kernel/roots/machine-roots.ts';
import { readAccounts } from './accounts.ts';
import { type BusParts, DaemonBus } from './bus/bus.ts';
import type { BusChoice } from './bus/bus-choice.ts';
import { openDhcpServer } from './bus/dhcp-server.ts';
import { busObjects } from './bus/objects.ts';
import { CloseList } from './close-list.ts';
import type { DnsChoice } from './dns/dns-choice.ts';
import { openImages } from './images.ts';
import { openInside } from './inside.ts';
import { describeError, type Log } from './log/log.ts';
import { logChanges } from './log/log-changes.ts';
import { logControl } from './log/log-control.ts';
import { logHoldUp } from './log/log-hold-up.ts';
import { followOwnNames } from './own-names.ts';
import { rootsProgram } from './package-files.ts';
import { type ServedHook, serveResolveHook } from './sockets/resolve-hook.ts';
import { machineServer, userdbServer } from './sockets/servers.ts';
import { Sockets } from './sockets/sockets.ts';
import { openEmbedded } from './sources/embedded.ts';
import { givenByMachined } from './sources/given-by-machined.ts';
import { type OpenSource, openSources } from './sources/sources.ts';
import type { OwnLookup } from './watchdog/own-lookup.ts';
import { ownLookups } from './watchdog/own-lookups.ts';

/** What the daemon runs with. */
export interface DaemonOptions {
  /** Where it is found: with the name of its own beside systemd-machined, which keeps its own on the bus, too. */
  readonly paths: RuntimePaths;
  /** Where its machines come from, in order of precedence. */
  readonly sources: readonly [SourceName, ...SourceName[]];
  /** Absent: nobody can ask over D-Bus, and polkit, systemd and systemd-machined cannot be asked there. */
  readonly bus?: BusChoice | undefined;
  /** Absent: nobody can ask over DNS. */
  readonly dns?: DnsChoice | undefined;
  /** Whether containers answer to what they call themselves, too. */
  readonly ownNames: boolean;
  /** Whether the users and groups that containers' own files name are told to who asks for all. */
  readonly enumerate: boolean;
  /** Lease files of dnsmasq(8), by their paths, from which addresses of VMs are known. */
  readonly leases?: readonly string[];
  /** Milliseconds for which to look for the next question after each, instead of sleeping; 0: not at all. */
  readonly busyPoll: number;
  readonly log: Log;
  /** The user whose registry it is. */
  readonly uid: number;
  readonly environment: NodeJS.ProcessEnv;
}

/** A running registry with its sockets. */
export interface Daemon {
  readonly registry: Registry;
  /** Tells what is wrong around it and can wait until others know that it is ready. */
  lookAround(): void;
  /** One for each of its Varlink sockets. */
  readonly lookups: readonly OwnLookup[];
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
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, bus: choice, dns, ownNames, enumerate, leases, busyPoll, log, uid, environment } = options;
  const closing = new CloseList();
  try {
    mkdirSync(paths.own, { recursive: true, mode: 0o755 });
    const unlock = lockDirectory(paths.own);
    if (unlock === undefined) throw new Error(`${paths.own} is in use by another mymachines`);
    closing.add(unlock);

    const holdUps = new HoldUps((holdUp) => logHoldUp(log, holdUp));
    const loop = new EventLoop({ busyPoll, holdUps });
    // Is not closed, so that this process is there until those that it has begun something with have taken that away.
    const jobLoop = new EventLoop({ holdUps });
    prepareSpawning();
    closing.add(() => loop.close());
    const sockets = new Sockets(loop, log);
    closing.add(() => sockets.close());
    const machineListener = sockets.listen('machine', paths.machineSocket);
    const userdbListener = sockets.listen('userdb', paths.userdbSocket);

    const bootId = readBootId();
    const onProblem = (error: Error): void => log.warning('trouble', { error: describeError(error) });
    const bus = new DaemonBus();
    closing.add(() => bus.close());
    const units = new SystemdUnits({ onProblem });
    const authority = new Authority(uid, new PolkitClient({ bus: () => bus.connection, onProblem }));
    // systemd-networkd is the system's.
    const { dhcpServer, close } = openDhcpServer({ choice: uid === 0 ? choice : undefined, loop, log, onProblem });
    closing.add(close);
    const host = { loop, paths, bootId, uid, log, onProblem };
    const openers: Readonly<Record<SourceName, OpenSource>> = {
      // What few want is loaded only then.
      machine1: async (registry) =>
        (await import('./sources/mirror.ts')).openMirror({ ...host, registry, bus: choice }),
      embedded: (registry, all) => openEmbedded({ ...host, registry, all, authority, units }),
    };
    const sources = await openSources({
      open: options.sources.map((name) => openers[name]),
      loop,
      log,
      leases,
      dhcpServer,
      onProblem,
    });
    closing.add(sources.close);
    const { leaders, operations } = sources;
    const { registry } = sources.all;
    logChanges(registry, log);

    const roots = new MachineRoots({ path: rootsProgram, loop });
    closing.add(() => roots.close());
    const processes = processFinder(registry, bootId, uid);
    const metadata = machineMetadata(registry, roots, leaders);
    const hostBus = (): Bus | undefined => bus.connection;
    // Where there is one, shells without it would be bound by what this service is bound by.
    const transient = uid === 0 && choice?.name === 'system' && units.booted ? units : undefined;
    const inside = openInside({
      sources: sources.all,
      authority,
      loop,
      jobLoop,
      roots,
      hostBus,
      services: transient,
      closing,
      log,
      uid,
    });
    const imageParts = { authority, loop, jobLoop, log, uid, sources: sources.all.sources, services: transient };
    const { images, imageOperations, close: closeImages } = openImages(imageParts);
    closing.add(closeImages);
    const services = { registry, operations, processes, metadata, authority, inside, images, imageOperations };
    const control = logControl(log);
    const network = networkDetails(leaders);
    const hostNames = new HostNames(registry, metadata);
    closing.add(() => hostNames.close());
    const machine = machineServer(
      { ...services, network, hostNames, bootId, sources: sources.all },
      { log, holdUps, control, environment, uid },
    );
    const accounts = enumerate ? readAccounts({ registry, roots, log }) : undefined;
    closing.add(() => accounts?.close());
    const users = { registry, service: paths.service, givenElsewhere: givenByMachined(sources.all), accounts };
    const userdb = userdbServer(users, { log, holdUps });
    closing.add(
      () => machine.close(),
      () => userdb.close(),
    );
    sockets.serve(userdb, userdbListener);
    if (ownNames) closing.add(followOwnNames({ registry, roots, hostNames, host: hostname(), log }));
    // systemd-resolved is the system's.
    let hook: ServedHook | undefined;
    if (uid === 0)
      hook = serveResolveHook({ hostNames, metadata, sockets, path: paths.hookSocket, loop, log, holdUps });
    closing.add(() => hook?.close());
    if (dns !== undefined) {
      const { serveDns } = await import('./dns/dns.ts');
      closing.add(serveDns({ choice: dns, loop, log, registry, hostNames, metadata }));
    }
    if (choice !== undefined) {
      const parts: BusParts = { choice, loop, log, holdUps, onConnected: (connection) => units.attach(connection) };
      if (paths.service === besideService) await bus.visit(parts);
      else {
        closing.add(emitMachineSignals(registry, bus.emit));
        await bus.join(busObjects(services, control, uid), parts);
      }
    }
    // Only now, as the first call may be what started us, and may want a unit or polkit's word.
    sockets.serve(machine, machineListener);
    holdUps.start();
    const lookups = ownLookups(paths, uid === 0);
    return { registry, lookups, lookAround: () => hook?.tryAccess(), close: closing.close };
  } catch (error) {
    closing.close();
    throw error;
  }
}
