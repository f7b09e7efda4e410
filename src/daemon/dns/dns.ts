import { readFile } from 'node:fs/promises';
import { type Endpoint, endpointText } from '../../frontends/dns/endpoint.ts';
import { Forwarder } from '../../frontends/dns/forwarder.ts';
import { MachineTexts } from '../../frontends/dns/machine-text.ts';
import { nameServers } from '../../frontends/dns/resolv-conf.ts';
import { Responder } from '../../frontends/dns/responder.ts';
import { TcpServer } from '../../frontends/dns/tcp.ts';
import { serveUdp } from '../../frontends/dns/udp.ts';
import { Views } from '../../frontends/dns/views.ts';
import { Zone } from '../../frontends/dns/zone.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { interfaceIndex } from '../../linux/interface-name.ts';
import type { InternetAddress } from '../../linux/internet-address.ts';
import { listenTcp } from '../../linux/internet-socket.ts';
import { BridgePorts } from '../../linux/netlink/bridge-ports.ts';
import { UdpSocket } from '../../linux/udp-socket.ts';
import { type Address, isAmong } from '../../machine/address.ts';
import { parseAddress } from '../../machine/address-text.ts';
import { hostMachineName } from '../../machine/machine-name.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';
import { addressesOf } from '../../resolver/addresses.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import { CloseList } from '../close-list.ts';
import { describeError, type Log } from '../log/log.ts';
import type { DnsChoice } from './dns-choice.ts';
import { Kept } from './kept.ts';

/** What the DNS front end is made of. */
export interface DnsParts {
  readonly choice: DnsChoice;
  readonly loop: EventLoop;
  readonly log: Log;
  readonly registry: Registry;
  readonly hostNames: HostNames;
  readonly metadata: MachineMetadata;
}

/**
 * Answers over DNS, UDP and TCP, until the function that it returns is called.
 * @throws Error that names the address that cannot be had; nothing is left open then
 */
export function serveDns({ choice, loop, log, registry, hostNames, metadata }: DnsParts): () => void {
  const closing = new CloseList();
  const onProblem = (error: unknown): void => log.err('dns query failed', { error: describeError(error) });
  const host = (): readonly Address[] => {
    const machine = registry.get(hostMachineName);
    return machine === undefined ? [] : addressesOf(machine, metadata);
  };
  const texts = choice.text ? new MachineTexts(registry, metadata) : undefined;
  if (texts !== undefined) closing.add(() => texts.close());
  const zone = new Zone({
    domain: choice.domain,
    names: hostNames,
    host,
    asked: metadata.refresh,
    ...(texts && { text: (machine) => texts.of(machine) }),
  });
  const forwarder = newForwarder(choice, metadata.hostAddresses);
  if (forwarder !== undefined) closing.add(() => forwarder.close());
  const views = choice.view ? newViews({ loop, registry, hostNames, metadata }, closing) : undefined;
  const responder = new Responder({
    zone,
    ttl: choice.ttl,
    ...(forwarder && { forwarder }),
    ...(views && { viewOf: (address) => views.of(address) }),
    onProblem,
  });
  closing.add(
    hostNames.subscribe(() => {
      responder.changed();
      views?.changed();
    }),
  );
  try {
    for (const endpoint of choice.listen) closing.add(listen(endpoint, loop, responder, log));
  } catch (error) {
    closing.close();
    throw error;
  }
  return closing.close;
}

function newViews(
  { loop, registry, hostNames, metadata }: Pick<DnsParts, 'loop' | 'registry' | 'hostNames' | 'metadata'>,
  closing: CloseList,
): Views {
  const bridges = new BridgePorts(loop, () => views.changed());
  closing.add(() => bridges.close());
  const views = new Views({
    registry,
    names: hostNames,
    hostAddresses: metadata.hostAddresses,
    bridgeOf: (index) => bridges.bridgeOf(index),
  });
  closing.add(() => views.close());
  return views;
}

function listen(endpoint: Endpoint, loop: EventLoop, responder: Responder, log: Log): () => void {
  const shown = `dns ${endpointText(endpoint)}`;
  const address = internetAddress(endpoint);
  const udp = new UdpSocket(loop, address, `${shown} (udp)`);
  try {
    const tcp = new TcpServer(responder);
    tcp.listen(listenTcp(address, `${shown} (tcp)`), (error) =>
      log.err('dns over tcp failed', { address: shown, error: describeError(error) }),
    );
    serveUdp(udp, responder);
    return () => {
      udp.close();
      tcp.close();
    };
  } catch (error) {
    udp.close();
    throw error;
  }
}

function internetAddress({ address, port }: Endpoint): InternetAddress {
  const [text = '', zone] = address.split('%');
  const bytes = parseAddress(text);
  const scope = zone === undefined ? 0 : interfaceIndex(zone);
  if (bytes === undefined || scope === undefined) throw new Error(`there is no interface ${zone}`);
  return { bytes, port, scope };
}

function newForwarder(
  { forward, listen: own }: DnsChoice,
  hostAddresses: () => readonly Address[],
): Forwarder | undefined {
  if (forward === undefined) return undefined;
  if (forward !== 'resolv.conf') return new Forwarder({ upstreams: () => forward });
  const kept = new Kept(async () => nameServers(await readFile('/etc/resolv.conf', 'utf8')), []);
  kept.refresh();
  return new Forwarder({
    upstreams: () => {
      kept.refresh();
      return kept.value.filter((upstream) => !own.some((one) => isAt(one, upstream, hostAddresses)));
    },
  });
}

/**
 * Whether a server is this one: a host may have itself as its server, and a question that went round would come back
 * until its time is over.
 */
function isAt(own: Endpoint, upstream: Endpoint, hostAddresses: () => readonly Address[]): boolean {
  if (own.port !== upstream.port) return false;
  if (own.address === upstream.address) return true;
  const everywhere = parseAddress(own.address)?.every((byte) => byte === 0) ?? false;
  const bytes = parseAddress(upstream.address.split('%')[0] ?? '');
  if (!everywhere || bytes === undefined) return false;
  const isLoopback = bytes.length === 4 && bytes[0] === 127;
  return isLoopback || isAmong(bytes, hostAddresses());
}
