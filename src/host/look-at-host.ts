import { hostname, release } from 'node:os';
import { dirname, join } from 'node:path';
import { EventLoop } from '../linux/event-loop.ts';
import { besideService, machinedService, runtimePaths } from '../machine/runtime-directory.ts';
import { busNames, lookAtBusName } from './bus-name.ts';
import { lookAtDns } from './dns.ts';
import { readFileFacts } from './file-facts.ts';
import type { HostFacts, OwnAndShared } from './host-facts.ts';
import { HostFiles } from './host-files.ts';
import { lookAtResolved } from './resolved.ts';
import { lookAtSocket, type SocketFact } from './socket-state.ts';

/** What to look at, and with what. */
export interface LookOptions {
  /** Where the sockets are. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** A machine that has addresses, which systemd-resolved and the DNS are asked for; undefined where there is none. */
  readonly probe: string | undefined;
}

/**
 * Looks at the host once: files, sockets, the bus. Nothing is changed, except that services are started that systemd
 * starts for whoever connects to their sockets. Everything is waited for, for some seconds at most.
 */
export async function lookAtHost({ directory, environment, probe }: LookOptions): Promise<HostFacts> {
  const loop = new EventLoop();
  const files = new HostFiles();
  const own = runtimePaths(directory, besideService);
  const shared = runtimePaths(directory, machinedService);
  try {
    const fileFacts = readFileFacts(files);
    const [machine, userdb, otherUserdbs, hooks, bus, resolved, dns] = await Promise.all([
      lookAtMachine(own.machineSocket, shared.machineSocket, loop),
      lookAtUserdb(own.userdbSocket, shared.userdbSocket, loop),
      lookAtAll(files, dirname(own.userdbSocket), loop, [own.userdbSocket, shared.userdbSocket]),
      lookAtAll(files, dirname(own.hookSocket), loop),
      lookAtBusName(busNames.registry, environment, loop),
      lookAtBusName(busNames.resolved, environment, loop).then((owner) =>
        lookAtResolved({ name: probe, pid: owner.kind === 'owned' ? owner.pid : undefined }, loop),
      ),
      lookAtDns(fileFacts.resolvConf, probe),
    ]);
    const sockets = { machine, userdb, otherUserdbs, hooks };
    return { directory, sockets, files: fileFacts, bus, resolved, dns, hostName: hostname(), kernel: release() };
  } finally {
    files.close();
    loop.close();
  }
}

/**
 * Looks at the sockets of registries. Where mymachines has one of its own the other is systemd-machined's: that is left
 * alone, so that it is not started for this.
 */
async function lookAtMachine(ownPath: string, path: string, loop: EventLoop): Promise<OwnAndShared> {
  const own = await lookAtSocket(ownPath, loop);
  const unasked: SocketFact = { path, state: { kind: 'unasked' }, everybody: true };
  return { own, shared: own.state.kind === 'live' ? unasked : await lookAtSocket(path, loop) };
}

/** Looks at those of registries among the sockets at which users are asked for: every getent(1) asks all of them. */
async function lookAtUserdb(ownPath: string, sharedPath: string, loop: EventLoop): Promise<OwnAndShared> {
  const [own, shared] = await Promise.all([lookAtSocket(ownPath, loop), lookAtSocket(sharedPath, loop)]);
  return { own, shared };
}

/** Looks at all sockets in a directory: at what whoever asks there connects to, and at nothing else. */
function lookAtAll(
  files: HostFiles,
  directory: string,
  loop: EventLoop,
  but: readonly string[] = [],
): Promise<SocketFact[]> {
  const paths = files.list(directory).map((name) => join(directory, name));
  const sockets = paths.filter((path) => !but.includes(path) && files.isSocket(path));
  return Promise.all(sockets.map((path) => lookAtSocket(path, loop)));
}
