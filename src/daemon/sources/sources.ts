import type { EventLoop } from '../../linux/event-loop.ts';
import type { DhcpServer } from '../../machine/dhcp-server.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineLeaders, MachineSource, MachineSources } from '../../machine/machine-source.ts';
import type { MachineOperations } from '../../machine/operations.ts';
import { Registry } from '../../machine/registry.ts';
import { hostMachine } from '../../sources/kernel/host-machine.ts';
import type { Leaders } from '../../sources/kernel/leaders.ts';
import { mergedLeaders } from '../../sources/merged/merged-leaders.ts';
import { mergedOperations } from '../../sources/merged/merged-operations.ts';
import { MergedRegistry } from '../../sources/merged/merged-registry.ts';
import { soleSource } from '../../sources/merged/sole-source.ts';
import { CloseList } from '../close-list.ts';
import { describeError, type Log } from '../log/log.ts';
import { guestAddresses } from './guest-addresses.ts';

/** A source as the daemon opens it: its leaders are processes of this host. */
export interface LocalSource extends MachineSource {
  readonly leaders: Leaders;
}

/**
 * Opens a source on a registry of its own, in which `.host` is. Done when the machines that there are now are in it, or
 * cannot be had now.
 * @param all of the machines of all sources, once they are all open
 */
export type OpenSource = (registry: Registry, all: Registry) => LocalSource | Promise<LocalSource>;

/** What sources are opened with. */
export interface SourcesParts {
  /** In order of precedence, at least one. */
  readonly open: readonly OpenSource[];
  readonly loop: EventLoop;
  readonly log: Log;
  /** Lease files of dnsmasq(8), by their paths. */
  readonly leases: readonly string[] | undefined;
  /** systemd-networkd's. */
  readonly dhcpServer: DhcpServer;
  readonly onProblem: (error: Error) => void;
}

/** The machines of all sources, and what can be done with them. */
export interface OpenedSources {
  readonly all: MachineSources;
  readonly leaders: MachineLeaders;
  readonly operations: MachineOperations;
  close(): void;
}

/** Opens the sources, one after the other. @throws what opening one throws; nothing is left open then */
export async function openSources(parts: SourcesParts): Promise<OpenedSources> {
  const { open, loop, log, leases, dhcpServer, onProblem } = parts;
  const host = hostMachine();
  const all = newRegistry(host, log);
  const closing = new CloseList();
  try {
    const sources: LocalSource[] = [];
    for (const openSource of open) {
      const source = await openSource(open.length === 1 ? all : newRegistry(host, log), all);
      closing.add(() => source.close());
      sources.push(source);
      const { registry, leaders } = source;
      const guests = guestAddresses({ loop, registry, leaders, leases, dhcpServer, onProblem });
      closing.add(() => guests?.close());
    }
    const opened = { ...together(sources, all, log, closing), close: closing.close };
    warnOf(opened.leaders.limitation, log);
    return opened;
  } catch (error) {
    closing.close();
    throw error;
  }
}

function together(
  sources: readonly LocalSource[],
  registry: Registry,
  log: Log,
  closing: CloseList,
): Omit<OpenedSources, 'close'> {
  const [first, ...others] = sources as [LocalSource, ...LocalSource[]];
  if (others.length === 0) {
    return { all: soleSource(first), leaders: first.leaders, operations: first.operations };
  }
  const all = new MergedRegistry({
    sources,
    registry,
    onConflict: ({ machine, source, what, by, bySource }) =>
      log.warning('machine not shown', { name: machine.name, source, because: what, of: by.name, in: bySource }),
    onError: (error) => log.err('sources cannot be put together', { error: describeError(error) }),
  });
  closing.add(() => all.close());
  return { all, leaders: mergedLeaders(all), operations: mergedOperations(all) };
}

function warnOf(limitation: Error | undefined, log: Log): void {
  if (limitation === undefined) return;
  const reason = describeError(limitation);
  log.warning('addresses are read on demand: live ones need CAP_NET_ADMIN and CAP_NET_BROADCAST', { reason });
}

function newRegistry(host: Machine, log: Log): Registry {
  const registry = new Registry((error) => log.err('listener failed', { error: describeError(error) }));
  registry.add(host);
  return registry;
}
