import { expect, it } from 'vitest';
import { nameServers } from '../../../src/frontends/dns/resolv-conf.ts';

it('takes the servers of a resolv.conf, and passes over what is none', () => {
  const text = `# nameserver 192.0.2.9
nameserver 192.0.2.1
 nameserver\t2001:db8::1
nameserver fe80::1%eth0 # with a comment
nameserver 192.0.2.1
nameserver dns.example
nameserver
nameservers 192.0.2.8
;nameserver 192.0.2.7
search example options ndots:2`;
  expect(nameServers(text)).toEqual([
    { address: '192.0.2.1', port: 53 },
    { address: '2001:db8::1', port: 53 },
    { address: 'fe80::1%eth0', port: 53 },
  ]);
  const many = Array.from({ length: 100 }, (_, index) => `nameserver 192.0.2.${index}\n`).join('');
  expect(nameServers(many)).toHaveLength(8);
  expect(nameServers('')).toEqual([]);
});
