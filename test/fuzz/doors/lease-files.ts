import { parseDnsmasqLeases } from '../../../src/sources/vm/dnsmasq-leases.ts';
import type { Lease, Parsed } from '../../../src/sources/vm/lease.ts';
import { parseLibvirtMacs, parseLibvirtStatus } from '../../../src/sources/vm/libvirt-leases.ts';
import { parseNetworkdLeases } from '../../../src/sources/vm/networkd-leases.ts';
import type { Door } from '../door.ts';
import { must, type TextReader, textDoor } from '../text-door.ts';

const refusals = [SyntaxError];
const linkAddress = /^([\da-f]{2}:){5}[\da-f]{2}$/;

/** Those of dnsmasq are never refused as a whole: a line that makes no sense is left out. */
function leases(parse: (text: string) => Parsed<Lease>, ...samples: string[]): TextReader {
  const read = (text: string): void => {
    for (const { bytes, expiresAt = 0 } of parse(text).entries) {
      must(bytes.length === 4 || bytes.length === 16, `an address has ${bytes.length} bytes`);
      must(expiresAt >= 0, `a lease expires at ${expiresAt}`);
    }
  };
  return { samples, refusals: parse === parseDnsmasqLeases ? [] : refusals, read };
}

/** As systemd 262, libvirt 9.0.0 and dnsmasq 2.89 wrote them. */
export const leaseFiles: Door = textDoor(
  'lease-files',
  'a guest gives its DHCP server names and identifiers for its lease file: entries are whole, or left out',
  {
    networkd: leases(
      parseNetworkdLeases,
      '{"BootID":"1793d32f55e644388d7651484457171b","Address":[10,77,0,1],"PrefixLength":24,"Leases":[{"ClientId":[1,134,49,153,56,143,33],"AddressString":"10.77.0.143","Address":[10,77,0,143],"Hostname":"guesthost","HardwareAddressType":1,"HardwareAddressLength":6,"HardwareAddress":[134,49,153,56,143,33],"ExpirationUSec":7505468117,"ExpirationRealtimeUSec":1795279913554721}]}',
    ),
    libvirt: leases(
      parseLibvirtStatus,
      '[\n  {\n    "ip-address": "192.168.150.11",\n    "mac-address": "52:54:00:aa:bb:02",\n    "client-id": "01:52:54:00:aa:bb:02",\n    "expiry-time": 1795283371\n  }\n]\n',
      '[{"iaid":"1","ip-address":"fd00::10","mac-address":"52:54:00:aa:bb:01","hostname":"webhost","server-duid":"00:01","expiry-time":0}]',
    ),
    macs: {
      samples: ['[{"domain":"web","macs":["52:54:00:aa:00:01","52:54:00:aa:00:02"]}]'],
      refusals,
      read(text) {
        for (const { domain, linkAddresses } of parseLibvirtMacs(text).entries) {
          must(domain !== '' && linkAddresses.every((one) => linkAddress.test(one)), `${domain} has ${linkAddresses}`);
        }
      },
    },
    dnsmasq: leases(
      parseDnsmasqLeases,
      '1763740000 52:54:00:aa:00:01 10.0.0.5 web 01:52:54:00:aa:00:01\n0 06-00:11:22 10.0.0.7 * *\nduid 00:01:00:01:2e\n1763740000 T11141121 fd00::6 * 00:03:00:01:52:54:00:aa:00:02\n',
    ),
  },
);
