import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { callerOf } from '../../../src/frontends/machine/caller.ts';
import { wireError } from '../../../src/frontends/machine/errors.ts';
import { registryInterface } from '../../../src/frontends/registry/handlers.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { UnixListener } from '../../../src/linux/unix-listener.ts';
import { Authority } from '../../../src/machine/authorize.ts';
import type { InsideOperations } from '../../../src/machine/inside-operations.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import type { MachineSources } from '../../../src/machine/machine-source.ts';
import type { AddressSource } from '../../../src/machine/network-details.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { HostNames } from '../../../src/resolver/host-names.ts';
import { VarlinkServer } from '../../../src/varlink/index.ts';
import { socketPath } from '../../varlink/raw-peer.ts';

/** The real front end and the real server in this process, over a registry that the test fills. */
export function startRegistryService(
  addressSource: AddressSource = 'netlink',
  sources: Partial<Pick<MachineSources, 'sources' | 'conflicts'>> = {},
  copy: InsideOperations['copy'] = () => Promise.reject(new Error('nobody asks for this')),
) {
  const registry = new Registry();
  const refreshed: string[] = [];
  const path = socketPath();
  const loop = new EventLoop();
  const server = new VarlinkServer(
    { vendor: '', product: '', version: '', url: '' },
    { maximumConnectionsPerUser: 4096 },
  );
  const hostNames = new HostNames(registry, { hostAddresses: () => [] });
  server.add(
    registryInterface({
      registry,
      metadata: {
        hostAddresses: () => [],
        osRelease: () => Promise.reject(new Error('nobody asks for this')),
        refresh: ({ name }: Machine) => void refreshed.push(name),
      },
      network: { addressSource: () => addressSource, hostInterfaceName: () => undefined },
      authority: new Authority(0),
      hostNames,
      sources: { sources: [], conflicts: () => [], ...sources },
      serviceProcess: () => ({ pid: 4711, descriptors: 20, descriptorLimit: 1024 }),
      inside: { copy },
      callerOf,
      wireError,
    }),
  );
  server.serve(UnixListener.bind(loop, path));
  onTestFinished(async () => {
    server.close();
    hostNames.close();
    await sleep(10);
    loop.close();
  });
  return { registry, server, path, refreshed };
}
