import { systemDirectory } from '../machine/runtime-directory.ts';
import type { HostLine } from './check-line.ts';
import type { HostFacts, ServiceFacts } from './host-facts.ts';
import { busLines } from './lines/bus-lines.ts';
import { collisionLines } from './lines/collision-lines.ts';
import { dnsLines } from './lines/dns-lines.ts';
import { limitLines } from './lines/limit-lines.ts';
import { moduleLines } from './lines/module-lines.ts';
import { nameServiceLines } from './lines/name-service-lines.ts';
import { isStartable, liveRegistryLines, placeOf } from './lines/registry-lines.ts';
import { resolvedLines } from './lines/resolved-lines.ts';
import { socketLines, stuckLines } from './lines/socket-lines.ts';

/**
 * What is to be said of a host, in the order in which it is looked at. Of a registry that is apart the rest of the host
 * is not looked at: it is not meant to be found.
 * @param service what the running mymachines tells; undefined where none does
 */
export function checkHost(facts: HostFacts, service: ServiceFacts | undefined): HostLine[] {
  const { sockets, files, bus, resolved, dns, hostName, kernel } = facts;
  const place = placeOf(sockets.machine.own, sockets.machine.shared, facts.directory);
  const machines = service?.machines ?? [];
  const registryPart = [
    ...liveRegistryLines(facts, service !== undefined),
    ...(place === undefined ? [] : socketLines(sockets, place)),
    ...limitLines(service, kernel),
  ];
  if (facts.directory !== systemDirectory) return registryPart;
  const resolvedPart = resolvedLines(resolved, sockets.hooks, machines, place);
  const dnsPart = dnsLines(dns);
  const nameServicePart = nameServiceLines(files, {
    resolvedRuns: resolved.socket.state.kind === 'live',
    resolved: place !== undefined && resolvedPart.some(({ reason }) => KNOWING.has(reason)),
    dns: place !== undefined && dnsPart.some(({ reason }) => KNOWING.has(reason)),
  });
  const otherwise = nameServicePart.some(({ reason }) => OTHERWISE.has(reason));
  return [
    ...registryPart,
    ...stuckLines(sockets),
    ...busLines(bus, { place, pid: service?.pid, machinedStartable: isStartable(files) }),
    ...collisionLines(machines, files, hostName),
    ...nameServicePart,
    ...moduleLines(files.library, otherwise),
    ...resolvedPart,
    ...dnsPart,
  ];
}

/** Whoever is asked knows machines, as far as that could be tried. */
const KNOWING = new Set(['resolved_sees', 'resolved_untried', 'resolved_differs', 'dns_answers', 'dns_untried']);
/** Host names are found without libnss_mymachines. */
const OTHERWISE = new Set(['nsswitch_by_resolve', 'nsswitch_by_dns']);
