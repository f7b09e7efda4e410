import { describe, expect, it } from 'vitest';
import { Views } from '../../../src/frontends/dns/views.ts';
import { parseAddress } from '../../../src/machine/address-text.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { HostNames } from '../../../src/resolver/host-names.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';
import { machineWith } from './sample-names.ts';

// Interfaces of the host: 10 and 11 are bridges with 20 to 22 in them, 30 is what a macvlan is on, 40 a tap in bridge 10.
const bridges = new Map([
  [20, 10],
  [21, 10],
  [22, 11],
  [40, 10],
]);
const MACHINES: readonly Machine[] = [
  machineWith('a', ['10.0.0.2 global 2 host:20', 'fe80::a link 2 host:20']),
  machineWith('b', ['10.0.0.3 global 2 host:21', '10.0.1.3 global 3 host:22']),
  machineWith('c', ['10.0.1.4 global 2 host:22']),
  machineWith('alone', ['10.0.9.2 global 2 host:25'], { interfaces: [10, 25] }),
  machineWith('mac1', ['10.0.3.1 global 2 host:30']),
  machineWith('mac2', ['10.0.3.2 global 2 host:30']),
  // Where its addresses lead is not known.
  machineWith('guest', ['10.0.0.50 global 2'], { interfaces: [40] }),
  machineWith('lost', ['10.0.0.60 global 2']),
];

describe('who sees whom', () => {
  const registry = new Registry();
  for (const machine of MACHINES) registry.add(machine);
  const hostAddresses = () => [sampleAddress('192.0.2.1 global 2')];
  const names = new HostNames(registry, { hostAddresses });
  const views = new Views({ registry, names, hostAddresses, bridgeOf: (index) => bridges.get(index) });

  /** The names and addresses that an asker sees, or `all`. */
  const seenFrom = (asker: string) => {
    const view = views.of(parseAddress(asker) as Uint8Array);
    if (view === undefined) return 'all';
    return MACHINES.flatMap((machine) => {
      const addresses = view.addresses(
        machine,
        machine.facts.addresses.filter(({ family }) => family === 'ipv4'),
      );
      return addresses === undefined ? [] : [`${machine.name} ${addresses.map(({ bytes }) => bytes.join('.')).join()}`];
    }).join(' ');
  };

  it.each([
    ['the host', '127.0.0.1', 'all'],
    ['the host, at its own address', '192.0.2.1', 'all'],
    ['somebody else', '198.51.100.1', 'all'],
    ['a machine on a bridge', '10.0.0.2', 'a 10.0.0.2 b 10.0.0.3 guest 10.0.0.50'],
    ['the same, by an address that is not given out', 'fe80::a', 'a 10.0.0.2 b 10.0.0.3 guest 10.0.0.50'],
    ['a machine on two', '10.0.1.3', 'a 10.0.0.2 b 10.0.0.3,10.0.1.3 c 10.0.1.4 guest 10.0.0.50'],
    ['a machine on the other', '10.0.1.4', 'b 10.0.1.3 c 10.0.1.4'],
    ['one that only says that it is on the bridge', '10.0.9.2', 'alone 10.0.9.2'],
    ['one on top of another interface', '10.0.3.1', 'mac1 10.0.3.1 mac2 10.0.3.2'],
    ['a VM', '10.0.0.50', 'a 10.0.0.2 b 10.0.0.3 guest 10.0.0.50'],
    ['one of which nothing is known', '10.0.0.60', 'lost 10.0.0.60'],
  ])('%s sees what it is to see', (_who, asker, seen) => {
    expect(seenFrom(asker)).toBe(seen);
    expect(seenFrom(asker)).toBe(seen);
  });

  it('follows changes that it is told of', () => {
    expect(seenFrom('10.0.3.2')).not.toContain('a 10.0.0.2');
    bridges.set(30, 10);
    views.changed();
    expect(seenFrom('10.0.3.2')).toContain('a 10.0.0.2');
    bridges.delete(30);
    views.changed();
    expect(seenFrom('10.0.3.2')).not.toContain('a 10.0.0.2');
  });

  it('follows a machine that no question can name', () => {
    const stop = names.subscribe(() => views.changed());
    const name = 'n'.repeat(64);
    registry.add(machineWith(name, ['10.0.0.80 global 2 host:20']));
    expect(seenFrom('10.0.0.81')).toBe('all');
    const { addresses } = machineWith(name, ['10.0.0.81 global 2 host:20']).facts;
    registry.update(parseMachineName(name), ({ facts, ...machine }) => ({
      ...machine,
      facts: { ...facts, addresses },
    }));
    expect(seenFrom('10.0.0.81')).toBe('a 10.0.0.2 b 10.0.0.3 guest 10.0.0.50');
    registry.remove(parseMachineName(name));
    expect(seenFrom('10.0.0.81')).toBe('all');
    stop();
  });

  it('knows askers by what their addresses are at the moment, and by none that every host has', () => {
    const change = (lines: readonly string[], shares = false) => {
      const { addresses } = machineWith('alone', lines).facts;
      registry.update(parseMachineName('alone'), (machine) => ({
        ...machine,
        facts: { ...machine.facts, addresses, sharesHostNetwork: shares },
      }));
      views.changed();
    };
    expect(seenFrom('fe80::77')).toBe('all');
    change(['10.0.9.2 global 2 host:25', 'fe80::77 link 2 host:25', '::1 host 1', '127.0.0.1 host 1']);
    expect(seenFrom('fe80::77')).toBe('alone 10.0.9.2');
    expect(seenFrom('::1')).toBe('all');
    change(['10.0.9.2 global 2 host:25', 'fe80::78 link 2 host:25']);
    expect(seenFrom('fe80::77')).toBe('all');
    expect(seenFrom('fe80::78')).toBe('alone 10.0.9.2');
    change(['10.0.9.2 global 2 host:25', 'fe80::78 link 2 host:25'], true);
    expect(seenFrom('fe80::78')).toBe('all');
    change(['10.0.9.2 global 2 host:25', 'fe80::78 link 2 host:25']);
    registry.remove(parseMachineName('alone'));
    views.changed();
    expect(seenFrom('fe80::78')).toBe('all');
    registry.add(machineWith('late', ['10.0.0.70 global 2 host:20', 'fe80::70 link 2 host:20']));
    views.changed();
    expect(seenFrom('fe80::70')).toContain('a 10.0.0.2');
    views.close();
    registry.add(machineWith('later', ['10.0.0.71 global 2 host:20', 'fe80::71 link 2 host:20']));
    views.changed();
    expect(seenFrom('fe80::71')).toBe('all');
  });
});
