import { hostname, release } from 'node:os';
import { join } from 'node:path';
import { EventLoop } from '../linux/event-loop.ts';
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
  try {
    const fileFacts = readFileFacts(files);
    const [machine, userdb, hooks, bus, resolved, dns] = await Promise.all([
      ownAndShared(join(directory, 'machine'), loop),
      ownAndShared(join(directory, 'userdb'), loop),
      lookAtHooks(files, join(directory, 'resolve.hook'), loop),
      lookAtBusName(busNames.registry, environment, loop),
      lookAtBusName(busNames.resolved, environment, loop).then((owner) =>
        lookAtResolved({ name: probe, pid: owner.kind === 'owned' ? owner.pid : undefined }, loop),
      ),
      lookAtDns(fileFacts.resolvConf, probe),
    ]);
    const sockets = { machine, userdb, hooks };
    return { directory, sockets, files: fileFacts, bus, resolved, dns, hostName: hostname(), kernel: release() };
  } finally {
    files.close();
    loop.close();
  }
}

/**
 * Looks at a pair of sockets. Where mymachines has one of its own the other is systemd-machined's: that is left alone,
 * so that it is not started for this.
 */
async function ownAndShared(directory: string, loop: EventLoop): Promise<OwnAndShared> {
  const own = await lookAtSocket(join(directory, 'io.github.mymachines'), loop);
  const path = join(directory, 'io.systemd.Machine');
  const unasked: SocketFact = { path, state: { kind: 'unasked' }, everybody: true };
  return { own, shared: own.state.kind === 'live' ? unasked : await lookAtSocket(path, loop) };
}

/** systemd-resolved connects to all sockets in the directory, and to nothing else there. */
function lookAtHooks(files: HostFiles, directory: string, loop: EventLoop): Promise<SocketFact[]> {
  const paths = files.list(directory).map((name) => join(directory, name));
  return Promise.all(paths.filter((path) => files.isSocket(path)).map((path) => lookAtSocket(path, loop)));
}
