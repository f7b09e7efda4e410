import { describe, expect, it } from 'vitest';
import { readQuery } from '../../../src/frontends/dns/query.ts';
import type { ResourceRecord } from '../../../src/frontends/dns/records.ts';
import type { View } from '../../../src/frontends/dns/zone.ts';
import { addressText } from '../../../src/machine/address-text.ts';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { query } from './messages.ts';
import { machineWith, SampleNames } from './sample-names.ts';

// What dig is answered is in test/daemon/dns.test.ts; here is what takes a registry of a certain kind.

/** A record as a line of a zone file, without what all have. */
function line(record: ResourceRecord): string {
  const data = {
    A: () => ('address' in record ? addressText(record.address) : ''),
    AAAA: () => ('address' in record ? addressText(record.address) : ''),
    NS: () => ('target' in record ? `${record.target}.` : ''),
    PTR: () => ('target' in record ? `${record.target}.` : ''),
    TXT: () => ('strings' in record ? record.strings.map((text) => `"${text}"`).join(' ') : ''),
    HINFO: () => ('cpu' in record ? `"${record.cpu}" "${record.os}"` : ''),
    SOA: () => '',
  }[record.type]();
  return `${record.owner}. ${record.type} ${data}`.trim();
}

function ask(sample: SampleNames, text: string, view?: View): string {
  const [name = '', type = ''] = text.split(' ');
  const found = readQuery(query(name, type));
  if (typeof found === 'string') throw new Error(found);
  const answer = sample.zone.answer(found.question, view);
  if (answer === undefined) return 'outside';
  return [answer.code, ...[...answer.answers, ...answer.authority].map(line)].join('; ');
}

describe('the zone', () => {
  const sample = new SampleNames(({ name }) => (name === 'Web' ? ['class=container', 'os=debian'] : []));

  it.each([
    ['host.machine.internal A', 'NOERROR; host.machine.internal. A 192.0.2.1'],
    ['HOST.machine.internal AAAA', 'NOERROR; HOST.machine.internal. AAAA 2001:db8::1'],
    // A machine can be called so, by whoever may register one; in the domain the name is the host's all the same.
    ['host A', 'NOERROR; host. A 10.0.0.66'],
    ['66.0.0.10.in-addr.arpa PTR', 'NOERROR; 66.0.0.10.in-addr.arpa. PTR host.machine.internal.'],
    ['1.2.0.192.in-addr.arpa PTR', 'NOERROR; 1.2.0.192.in-addr.arpa. PTR host.machine.internal.'],
    ['2.0.0.10.in-addr.arpa PTR', 'NOERROR; 2.0.0.10.in-addr.arpa. PTR Web.machine.internal.'],
    ['2.0.0.10.IN-ADDR.ARPA PTR', 'NOERROR; 2.0.0.10.IN-ADDR.ARPA. PTR Web.machine.internal.'],
    ['02.0.0.10.in-addr.arpa PTR', 'outside'],
    ['web A', 'NOERROR; web. A 10.0.0.2; web. A 10.0.0.3'],
    ['web TXT', 'NOERROR; web. TXT "class=container" "os=debian"'],
    ['ai TXT', 'NOERROR; ai. SOA'],
    ['deep.er.down A', 'outside'],
    ['localhost A', 'NOERROR; localhost. A 127.0.0.1'],
    ['a.localhost AAAA', 'NOERROR; a.localhost. AAAA ::1'],
    ['localhost MX', 'NOERROR; localhost. SOA'],
  ])('%s', (question, answer) => {
    expect(ask(sample, question)).toBe(answer);
  });

  it('gives localhost to nobody', () => {
    sample.registry.add(machineWith('localhost', ['10.0.0.77 global 2']));
    expect(ask(sample, 'localhost A')).toBe('NOERROR; localhost. A 127.0.0.1');
    expect(ask(sample, 'localhost.machine.internal A')).toBe('NOERROR; localhost.machine.internal. A 10.0.0.77');
  });

  it('has an address that a machine has twice once, and names all machines that have an address', () => {
    sample.registry.add(machineWith('twice', ['10.0.5.1 global 2', '10.0.5.1 global 3']));
    sample.registry.add(machineWith('again', ['10.0.5.1 global 2']));
    expect(ask(sample, 'twice A')).toBe('NOERROR; twice. A 10.0.5.1');
    const owner = '1.5.0.10.in-addr.arpa';
    expect(ask(sample, `${owner} PTR`)).toBe(
      `NOERROR; ${owner}. PTR twice.machine.internal.; ${owner}. PTR again.machine.internal.`,
    );
  });

  it('hides from a view what it does not have, as if it were not there', () => {
    const view: View = { addresses: ({ name }, addresses) => (name === 'ai' ? undefined : addresses.slice(0, 1)) };
    expect(ask(sample, 'ai A', view)).toBe('outside');
    expect(ask(sample, 'ai.machine.internal A', view)).toBe('NXDOMAIN; machine.internal. SOA');
    expect(ask(sample, '9.0.0.10.in-addr.arpa PTR', view)).toBe('outside');
    expect(ask(sample, 'web A', view)).toBe('NOERROR; web. A 10.0.0.2');
  });

  it('knows names above machines, and no longer than these are there', () => {
    expect(ask(sample, 'er.down.machine.internal A')).toBe('NOERROR; machine.internal. SOA');
    sample.names.subscribe(() => sample.zone.changed());
    sample.registry.remove(parseMachineName('deep.er.down'));
    expect(ask(sample, 'er.down.machine.internal A')).toBe('NXDOMAIN; machine.internal. SOA');
  });

  it('has a serial that rises with each change', () => {
    const serial = () => {
      const found = readQuery(query('machine.internal', 'SOA'));
      const answer = typeof found === 'string' ? undefined : sample.zone.answer(found.question);
      const [record] = answer?.answers ?? [];
      return record?.type === 'SOA' ? record.serial : Number.NaN;
    };
    const before = serial();
    sample.registry.add(machineWith('newcomer', []));
    expect(serial()).toBeGreaterThan(before);
  });

  it('tells of each machine that was asked for', () => {
    sample.asked.length = 0;
    ask(sample, 'web A');
    ask(sample, 'nobody A');
    expect(sample.asked).toEqual(['Web']);
  });
});
