import { describe, expect, test } from 'vitest';
import { addressText } from '../../../src/machine/address-text.ts';
import { parseDnsmasqLeases } from '../../../src/sources/vm/dnsmasq-leases.ts';
import type { Lease, Parsed } from '../../../src/sources/vm/lease.ts';
import { isNamedAfter, parseLibvirtMacs, parseLibvirtStatus } from '../../../src/sources/vm/libvirt-leases.ts';
import { parseNetworkdLeases } from '../../../src/sources/vm/networkd-leases.ts';

const told = ({ entries, problems }: Parsed<Lease>) => [
  ...entries.map(({ bytes, linkAddress, expiresAt }) => [addressText(bytes), linkAddress, expiresAt]),
  ...problems,
];

describe('leases of systemd-networkd', () => {
  test('as systemd 262 wrote them in the lab', () => {
    const text =
      '{"BootID":"1793d32f55e644388d7651484457171b","Address":[10,77,0,1],"PrefixLength":24,"Leases":[{"ClientId":' +
      '[1,134,49,153,56,143,33],"AddressString":"10.77.0.143","Address":[10,77,0,143],"Hostname":"guesthost",' +
      '"HardwareAddressType":1,"HardwareAddressLength":6,"HardwareAddress":[134,49,153,56,143,33],' +
      '"ExpirationUSec":7505468117,"ExpirationRealtimeUSec":1795279913554721}]}';
    expect(told(parseNetworkdLeases(text))).toEqual([['10.77.0.143', '86:31:99:38:8f:21', 1795279913554]]);
    expect(parseNetworkdLeases(text).entries[0]?.prefixLength).toBe(24);
  });

  test('what is wrong costs only itself', () => {
    const good = { Address: [10, 0, 0, 9] };
    const bad = [
      ...[null, 7, [], {}, { Address: '10.0.0.1' }, { Address: [10, 0, 0] }, { Address: [10, 0, 0, 256] }],
      ...[
        { Address: [0, 0, 0, 0] },
        { Address: [224, 0, 0, 1] },
        { Address: [10, 0, 0, 1], ExpirationRealtimeUSec: 'x' },
      ],
    ];
    const { entries, problems } = parseNetworkdLeases(JSON.stringify({ Leases: [...bad, good] }));
    expect(entries.map(({ bytes }) => addressText(bytes))).toEqual(['10.0.0.9']);
    expect(problems).toHaveLength(bad.length);
    expect(parseNetworkdLeases('{}').entries).toEqual([]);
    for (const text of ['', '[]', 'null', '{"Leases":[', '{"Leases":{}}']) {
      expect(() => parseNetworkdLeases(text), text).toThrow(SyntaxError);
    }
  });

  test('a lease without end, and one to a client on another kind of link', () => {
    const lease = {
      Address: [10, 0, 0, 9],
      ExpirationRealtimeUSec: 2 ** 64,
      HardwareAddressType: 32,
      HardwareAddress: [0],
    };
    expect(told(parseNetworkdLeases(JSON.stringify({ Leases: [lease] })))).toEqual([
      ['10.0.0.9', undefined, undefined],
    ]);
  });
});

describe('leases of libvirt', () => {
  test('as the helper of libvirt 9.0.0 wrote them', () => {
    const text = `[
  {
    "ip-address": "192.168.150.11",
    "mac-address": "52:54:00:aa:bb:02",
    "client-id": "01:52:54:00:aa:bb:02",
    "expiry-time": 1795283371
  },
  {
    "iaid": "1",
    "ip-address": "fd00::10",
    "mac-address": "52:54:00:aa:bb:01",
    "hostname": "webhost",
    "client-id": "00:03:00:01:52:54:00:aa:bb:01",
    "server-duid": "00:01",
    "expiry-time": 1795283371
  }
]
`;
    expect(told(parseLibvirtStatus(text))).toEqual([
      ['192.168.150.11', '52:54:00:aa:bb:02', 1_795_283_371_000],
      ['fd00::10', '52:54:00:aa:bb:01', 1_795_283_371_000],
    ]);
    expect(told(parseLibvirtStatus('[\n\n]\n'))).toEqual([]);
  });

  test('BRIDGE.status', () => {
    const text = `[
      { "ip-address": "192.168.122.10", "mac-address": "52:54:00:AA:00:01", "hostname": "one", "expiry-time": 2000000000 },
      { "ip-address": "fd00::10", "mac-address": "52:54:00:aa:00:01", "iaid": "1", "client-id": "00:01", "expiry-time": 0 },
      { "ip-address": "192.168.122.300" },
      { "ip-address": "192.168.122.11", "mac-address": "01:00:5e:00:00:01" },
      { "ip-address": "192.168.122.12", "mac-address": "52:54:00:aa:00:02", "expiry-time": -1 }
    ]`;
    expect(told(parseLibvirtStatus(text))).toEqual([
      ['192.168.122.10', '52:54:00:aa:00:01', 2_000_000_000_000],
      ['fd00::10', '52:54:00:aa:00:01', undefined],
      '"192.168.122.300" is no address of a host',
      '"01:00:5e:00:00:01" is no Ethernet address of a host',
      '-1 is no time',
    ]);
    expect(told(parseLibvirtStatus('\n'))).toEqual([]);
    expect(() => parseLibvirtStatus('{}')).toThrow(SyntaxError);
  });

  test('BRIDGE.macs', () => {
    const text = JSON.stringify([
      { domain: 'web', macs: ['52:54:00:aa:00:01', '52:54:00:aa:00:02'] },
      { domain: 'bad', macs: ['52:54:00:aa:00'] },
      { domain: '', macs: [] },
      { macs: [] },
      { domain: 'none' },
    ]);
    const { entries, problems } = parseLibvirtMacs(text);
    expect(entries).toEqual([{ domain: 'web', linkAddresses: ['52:54:00:aa:00:01', '52:54:00:aa:00:02'] }]);
    expect(problems).toHaveLength(4);
  });

  test.each([
    ['qemu-3-web', 'web', true],
    ['web', 'web', true],
    ['qemu-12-my-vm.example', 'my_-vm..example', true],
    ['qemu-user-1-web', 'web', true],
    ['qemu-1-a--b', 'a-_-b', true],
    ['qemu-3-web', 'we', false],
    ['qemu-web', 'web', false],
    ['qemu-3-web', '3-web', false],
    ['lxc-3-web', 'web', false],
    ['qemu-3-', '', false],
    [`qemu-3-${'x'.repeat(57)}`, 'x'.repeat(80), true],
    [`qemu-3-${'x'.repeat(56)}`, 'x'.repeat(80), false],
  ])('the machine %s is the domain %s: %s', (machine, domain, expected) => {
    expect(isNamedAfter(machine, domain)).toBe(expected);
  });
});

describe('leases of dnsmasq', () => {
  test('both families, and what is wrong', () => {
    const text = [
      '1763740000 52:54:00:aa:00:01 10.0.0.5 web 01:52:54:00:aa:00:01',
      '0 52:54:00:aa:00:02 10.0.0.6 * *',
      '1763740000 06-00:11:22 10.0.0.7 * *',
      '1763740000 52:54:00:aa:00:01 10.0.0 web *',
      'soon 52:54:00:aa:00:01 10.0.0.8 web *',
      '1763740000 no 10.0.0.9 web *',
      'one two',
      '1763740000 52:54:00:aa:00:01 fd00::9 web *',
      'duid 00:01:00:01:2e:00:00:00:52:54:00:aa:00:ff',
      '1763740000 11141121 fd00::5 web 00:01:00:01:2e:aa:bb:cc:52:54:00:aa:00:01',
      '1763740000 T11141121 fd00::6 * 00:03:00:01:52:54:00:aa:00:02',
      '1763740000 11141121 fd00::7 * 00:04:00:01:02:03',
      '1763740000 11141121 fd00::8 * nonsense',
      '1763740000 11141121 10.0.0.10 * *',
      '',
      '1763740000 52:54:00:aa:00:01 fd00::a cut',
    ].join('\n');
    expect(told(parseDnsmasqLeases(text))).toEqual([
      ['10.0.0.5', '52:54:00:aa:00:01', 1_763_740_000_000],
      ['10.0.0.6', '52:54:00:aa:00:02', undefined],
      ['10.0.0.7', undefined, 1_763_740_000_000],
      ['fd00::5', '52:54:00:aa:00:01', 1_763_740_000_000],
      ['fd00::6', '52:54:00:aa:00:02', 1_763_740_000_000],
      ['fd00::7', undefined, 1_763_740_000_000],
      '"10.0.0" is no address of a host',
      '"soon" is no time',
      '"no" is no link-layer address',
      '"one two" has 2 fields, not 5',
      '"fd00::9" is of the other family',
      '"nonsense" is no DUID',
      '"10.0.0.10" is of the other family',
    ]);
  });
});

describe('whatever a file holds', () => {
  test('a line as long as a file takes no time', () => {
    const start = performance.now();
    parseDnsmasqLeases(
      `${'9'.repeat(1_000_000)} a b c d\n${'x '.repeat(500_000)}\n1 ${':'.repeat(1_000_000)} 10.0.0.1 * *\n`,
    );
    parseDnsmasqLeases(`duid 1\n1 1 ${'f:'.repeat(500_000)} * ${'00:'.repeat(300_000)}\n`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
