import { type Address, addressScopes } from '../../machine/address.ts';
import { addressText } from '../../machine/address-text.ts';
import type { AddressSource, NetworkDetails } from '../../machine/network-details.ts';
import type { IdOverlap } from '../../machine/registry.ts';
import type { JudgedAddress } from '../../resolver/address-choice.ts';
import type { Explanation, Obstacle } from '../../resolver/explanation.ts';
import type { Methods } from './io.github.mymachines.Registry.ts';
import { underscored } from './underscored.ts';

type Reply = Methods['Explain']['reply'];
type AddressReply = Reply['addresses'][number];
type InterfaceReply = Reply['interfaces'][number];

/** The reply of Explain. */
export function explanationReply(explanation: Explanation, { hostInterfaceName }: NetworkDetails): Reply {
  const { machine, addresses, source, userOverlaps, groupOverlaps, obstacles, uidShift, shortName } = explanation;
  const onHost = (index: number): InterfaceReply => ({ index, name: hostInterfaceName(index) });
  return {
    name: machine.name,
    class: machine.class,
    leader: machine.leader.pid,
    service: machine.service || undefined,
    interfaces: machine.interfaces.map(onHost),
    sharesHostNetwork: machine.facts.sharesHostNetwork,
    sharesHostUsers: machine.facts.sharesHostUsers,
    addresses: addresses.map((judged) => addressReply(judged, source, machine.class === 'host', onHost)),
    uidMap: machine.facts.uidMap,
    gidMap: machine.facts.gidMap,
    uidShift,
    shortName,
    userOverlaps: userOverlaps.map(overlapReply),
    groupOverlaps: groupOverlaps.map(overlapReply),
    obstacles: obstacles.map(obstacleReply),
  };
}

function addressReply(
  { address, verdict }: JudgedAddress,
  source: AddressSource,
  ofHost: boolean,
  onHost: (index: number) => InterfaceReply,
): AddressReply {
  const { family, bytes, prefixLength, interfaceIndex, interfaceName, hostInterfaceIndex } = address;
  const known = { index: interfaceIndex, name: interfaceName };
  return {
    family,
    address: addressText(bytes),
    prefixLength,
    interfaceInside: address.source !== undefined ? undefined : ofHost ? onHost(interfaceIndex) : known,
    interfaceOnHost: hostInterfaceIndex === undefined ? undefined : onHost(hostInterfaceIndex),
    scope: scopeNames.get(address.scope) ?? String(address.scope),
    flags: flagsOf(address),
    source: underscored(address.source ?? source),
    verdict: underscored(verdict),
  };
}

function flagsOf({ tentative, deprecated }: Address): AddressReply['flags'] {
  return [...(tentative ? (['tentative'] as const) : []), ...(deprecated ? (['deprecated'] as const) : [])];
}

function overlapReply({ start, count, machines }: IdOverlap): Reply['userOverlaps'][number] {
  return { start, count, machines: machines.map(({ name }) => name) };
}

function obstacleReply(obstacle: Obstacle): Reply['obstacles'][number] {
  return {
    reason: underscored(obstacle.reason),
    from: 'from' in obstacle ? obstacle.from : undefined,
    machines: 'machines' in obstacle ? obstacle.machines.map(({ name }) => name) : undefined,
  };
}

// As ip(8) has them.
const scopeNames = new Map<number, string>(
  Object.entries(addressScopes).map(([name, scope]) => [scope, name === 'universe' ? 'global' : name]),
);
