import { describe, expect, it } from 'vitest';
import { chooseDns, type DnsRequest, parseDomain, parseEndpoint } from '../../../src/daemon/dns/dns-choice.ts';

const request = (rest: Partial<DnsRequest>): DnsRequest => ({
  dns: [],
  forward: [],
  text: false,
  view: false,
  ...rest,
});
const listen = ['127.0.0.1:53'];

describe('what --dns and the options with it mean', () => {
  it('is nothing without --dns', () => {
    expect(chooseDns(request({}))).toBeUndefined();
  });

  it('is as said in the manual', () => {
    expect(chooseDns(request({ dns: ['127.0.0.57:53', '[::1]:5353'] }))).toEqual({
      listen: [
        { address: '127.0.0.57', port: 53 },
        { address: '::1', port: 5353 },
      ],
      domain: 'machine.internal',
      ttl: 0,
      text: false,
      view: false,
    });
    expect(chooseDns(request({ dns: listen, forward: ['resolv.conf'] }))?.forward).toBe('resolv.conf');
    expect(
      chooseDns(
        request({
          dns: listen,
          forward: ['9.9.9.9', '9.9.9.9:5353', '2001:db8::1', '[2001:db8::1]:54', 'fe80::1%eth0'],
        }),
      )?.forward,
    ).toEqual([
      { address: '9.9.9.9', port: 53 },
      { address: '9.9.9.9', port: 5353 },
      { address: '2001:db8::1', port: 53 },
      { address: '2001:db8::1', port: 54 },
      { address: 'fe80::1%eth0', port: 53 },
    ]);
    const all = chooseDns(request({ dns: listen, domain: 'Lab.Example.', ttl: '60', text: true, view: true }));
    expect(all).toMatchObject({ domain: 'lab.example', ttl: 60, text: true, view: true });
  });

  it.each<[Partial<DnsRequest>, string]>([
    [{ domain: 'x' }, '--domain says nothing without --dns='],
    [{ forward: ['resolv.conf'] }, '--forward says nothing without --dns='],
    [{ view: true }, '--view says nothing without --dns='],
    [{ dns: ['127.0.0.1'] }, "--dns= takes ADDRESS:PORT, not '127.0.0.1'"],
    [{ dns: ['::1:53'] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: ['localhost:53'] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: ['127.0.0.1:0'] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: ['127.0.0.1:65536'] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: ['[127.0.0.1]:53'] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: ['127.0.0.1%lo:53'] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: [''] }, '--dns= takes ADDRESS:PORT'],
    [{ dns: listen, forward: ['resolv.conf', '9.9.9.9'] }, '--forward=resolv.conf says it all'],
    [{ dns: listen, forward: ['/etc/resolv.conf'] }, '--forward= takes ADDRESS, ADDRESS:PORT or resolv.conf'],
    [{ dns: listen, ttl: '-1' }, '--dns-ttl= takes seconds from 0 to 86400'],
    [{ dns: listen, ttl: '86401' }, '--dns-ttl= takes seconds'],
    [{ dns: listen, domain: '' }, '--domain= takes a domain'],
    [{ dns: listen, domain: '.' }, '--domain= takes a domain'],
    [{ dns: listen, domain: 'a..b' }, '--domain= takes a domain'],
    [{ dns: listen, domain: 'a_b' }, '--domain= takes a domain'],
    [{ dns: listen, domain: 'a'.repeat(64) }, '--domain= takes a domain'],
    [{ dns: listen, domain: `${'a.'.repeat(95)}a` }, '--domain= takes a domain'],
  ])('is refused with what is wrong: %j', (asked, reason) => {
    expect(() => chooseDns(request(asked))).toThrow(reason);
  });

  it('leaves room for the longest name of a machine', () => {
    const longest = `${'a.'.repeat(93)}aa`;
    expect(parseDomain(longest)).toHaveLength(188);
    expect(() => parseDomain(`${longest}a`)).toThrow();
    expect(parseEndpoint('[fe80::1%eth0]:53')).toEqual({ address: 'fe80::1%eth0', port: 53 });
  });
});
