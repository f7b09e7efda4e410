import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { VarlinkError } from '../../../src/varlink/index.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';
import { A, AAAA, MX, PTR, type Reply, TestHook } from './test-hook.ts';
import { readName, readWireRecord } from './wire-record.ts';

let hook: TestHook;
beforeEach(() => {
  hook = new TestHook();
});
afterEach(() => hook.close());

type Key = readonly [name: string, type: number, dnsClass?: number];
const key = ([name, type, dnsClass]: Key) => ({
  key: { name, type, ...(dnsClass === undefined ? {} : { class: dnsClass }) },
});

/** `A web 10.0.0.1`: what the raw records of a reply say, byte for byte; or what there is instead. */
function asked(...keys: readonly Key[]): readonly string[] | string {
  const reply = hook.resolve({ question: keys.map(key) });
  if (reply instanceof VarlinkError) return `${reply.error.replace(/^.*\./, '')} ${reply.parameters['parameter']}`;
  const { rcode, answer = [] } = reply as Reply;
  if (rcode === undefined) return Object.keys(reply as object).length === 0 ? 'not ours' : 'odd';
  expect(rcode).toBe(0);
  return answer.map(({ rr, raw }) => {
    const record = readWireRecord(raw);
    expect(record).toMatchObject({ class: 1, ttl: 0 });
    expect(rr['key']).toEqual({ class: 1, type: record.type, name: record.name });
    if (record.type !== PTR) {
      expect(rr).toEqual({ key: rr['key'], address: [...record.data] });
      return `${record.type === A ? 'A' : 'AAAA'} ${record.name} ${Buffer.from(record.data).toString('hex')}`;
    }
    expect(rr).toEqual({ key: rr['key'], name: readName(record.data, 0)[0] });
    expect(readName(record.data, 0)[1]).toBe(record.data.length);
    return `PTR ${record.name} ${rr['name']}`;
  });
}

describe('ResolveRecord', () => {
  beforeEach(() => {
    hook.add('web', ['10.0.0.1 global 2', '10.0.0.2 global 2', 'fd00::1 global 2']);
    hook.add('db.example', ['10.0.0.3 global 2']);
    hook.add('bare');
    hook.add('guest', [], { class: 'vm' });
    hook.add('ai', ['10.0.0.4 global 2']);
  });

  test('answers for addresses, each in the way that systemd-machined 262 does', () => {
    // Recorded of a machine `web` with the address 10.1.0.2.
    hook.add('recorded', ['10.1.0.2 global 2']);
    expect(hook.resolve({ question: [key(['recorded', A])] })).toEqual({
      rcode: 0,
      answer: [
        {
          rr: { key: { class: 1, type: 1, name: 'recorded' }, address: [10, 1, 0, 2] },
          raw: Buffer.from('\x08recorded\0\0\x01\0\x01\0\0\0\0\0\x04\x0a\x01\0\x02', 'latin1').toString('base64'),
        },
      ],
    });
    expect(asked(['web', A])).toEqual(['A web 0a000001', 'A web 0a000002']);
    expect(asked(['web', AAAA])).toEqual(['AAAA web fd000000000000000000000000000001']);
    expect(asked(['db.example', A])).toEqual(['A db.example 0a000003']);
  });

  test.each<[string, readonly Key[], readonly string[] | string]>([
    ['any case, and one dot', [['WEB.', AAAA]], ['AAAA web fd000000000000000000000000000001']],
    ['a family without addresses', [['ai', AAAA]], []],
    ['a machine without addresses', [['bare', A]], []],
    ['a VM of which nothing is known', [['guest', A]], []],
    ['another type', [['web', MX]], []],
    ['any type', [['web', 255]], []],
    ['no type', [['web', 0]], []],
    ['another class', [['web', A, 3]], []],
    ['the class itself', [['ai', A, 1]], ['A ai 0a000004']],
    ['a foreign name', [['nobody', A]], 'not ours'],
    ['the root', [['.', A]], 'not ours'],
    ['nothing', [['', A]], 'not ours'],
    ['a name below a machine’s', [['www.ai', A]], 'not ours'],
    ['the parent of a machine’s', [['example', A]], 'not ours'],
    ['a name that is spelled with escapes', [['\\119eb', A]], 'not ours'],
    ['a name that is no ASCII', [['wéb', A]], 'not ours'],
    ['the longest name', [[`${'a.'.repeat(125)}web`, A]], 'not ours'],
  ])('of %s', (_what, keys, expected) => {
    expect(asked(...keys)).toEqual(expected);
  });

  test.each<[string, readonly Key[], readonly string[] | string]>([
    [
      'one name',
      [
        ['ai', A],
        ['ai', AAAA],
      ],
      ['A ai 0a000004'],
    ],
    [
      'two machines, to each its own addresses',
      [
        ['ai', A],
        ['db.example', A],
      ],
      ['A ai 0a000004', 'A db.example 0a000003'],
    ],
    [
      'a foreign name beside',
      [
        ['nobody', A],
        ['ai', A],
      ],
      ['A ai 0a000004'],
    ],
    [
      'a name below beside',
      [
        ['ai', A],
        ['www.ai', A],
      ],
      ['A ai 0a000004'],
    ],
    [
      'foreign names only',
      [
        ['nobody', A],
        ['www.ai', AAAA],
      ],
      'not ours',
    ],
    [
      'a machine without data beside',
      [
        ['bare', A],
        ['nobody', A],
      ],
      [],
    ],
    [
      'the same twice',
      [
        ['ai', A],
        ['AI', A],
        ['ai', A, 1],
      ],
      ['A ai 0a000004'],
    ],
    [
      'UTF-8 and IDNA',
      [
        ['bücher', A],
        ['xn--bcher-kva', A],
      ],
      'not ours',
    ],
    [
      'names both ways',
      [
        ['ai', A],
        ['4.0.0.10.in-addr.arpa', PTR],
      ],
      ['A ai 0a000004', 'PTR 4.0.0.10.in-addr.arpa ai'],
    ],
  ])('of several: %s', (_what, keys, expected) => {
    expect(asked(...keys)).toEqual(expected);
  });

  test('of addresses, both families, in any case', () => {
    expect(asked(['1.0.0.10.in-addr.arpa', PTR])).toEqual(['PTR 1.0.0.10.in-addr.arpa web']);
    const name = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa';
    expect(asked([`${name.toUpperCase()}.`, PTR])).toEqual([`PTR ${name} web`]);
    expect(asked([name, A])).toEqual([]);
    expect(asked([name, PTR, 3])).toEqual([]);
    expect(asked(['9.0.0.10.in-addr.arpa', PTR])).toBe('not ours');
    expect(asked(['0.0.10.in-addr.arpa', PTR])).toBe('not ours');
    expect(asked(['a.1.0.0.10.in-addr.arpa', PTR])).toBe('not ours');
    expect(asked(['1.2.0.192.in-addr.arpa', PTR])).toBe('not ours');
    hook.add('twin', ['10.0.0.1 global 2']);
    expect(asked(['1.0.0.10.in-addr.arpa', PTR])).toEqual([
      'PTR 1.0.0.10.in-addr.arpa web',
      'PTR 1.0.0.10.in-addr.arpa twin',
    ]);
  });

  test('of a libvirt domain by its own name', () => {
    hook.add('qemu-4-minikube', ['10.0.0.5 global 2'], { class: 'vm', interfaces: [7] });
    hook.add('qemu-5-boot2docker', ['10.0.0.6 global 2']);
    expect(asked(['Boot2Docker', A])).toEqual(['A boot2docker 0a000006']);
    expect(asked(['qemu-5-boot2docker', A])).toEqual(['A qemu-5-boot2docker 0a000006']);
    expect(asked(['minikube', MX])).toEqual([]);
    expect(asked(['www.minikube', A])).toBe('not ours');
  });

  test('follows a machine’s addresses', () => {
    expect(asked(['ai', A])).toEqual(['A ai 0a000004']);
    const addresses = [sampleAddress('10.0.0.9 global 2')];
    hook.registry.update(parseMachineName('ai'), (machine) => ({ ...machine, facts: { ...machine.facts, addresses } }));
    expect(asked(['ai', A])).toEqual(['A ai 0a000009']);
    hook.registry.remove(parseMachineName('ai'));
    expect(asked(['ai', A])).toBe('not ours');
  });

  test('has what is not live read again, of the machines that were found', () => {
    asked(['ai', A], ['nobody', A], ['www.web', A]);
    expect(hook.refreshed).toEqual(['ai']);
  });

  test.each<[string, Record<string, unknown>, unknown]>([
    ['nothing', {}, { fault: 'question' }],
    ['no key', { question: [{}] }, { fault: 'question[0].key' }],
    ['null', { question: [null] }, { fault: 'question[0]' }],
    ['no type', { question: [{ key: { name: 'web' } }] }, { fault: 'question[0].key.type' }],
    ['no name', { question: [{ key: { type: 1 } }] }, { fault: 'question[0].key.name' }],
    ['another field', { question: [{ key: { name: 'web', type: 1, foo: 1 } }] }, { fault: 'question[0].key.foo' }],
  ])('refuses %s', (_what, parameters, expected) => {
    expect(hook.resolve(parameters)).toEqual(expected);
  });

  test.each<[string, readonly Key[], string]>([
    ['no question', [], 'question'],
    ['too many', Array(129).fill(['web', A]), 'question'],
    ['a type below 0', [['web', -1]], 'question[0].key.type'],
    [
      'a type above 65535',
      [
        ['web', A],
        ['web', 65536],
      ],
      'question[1].key.type',
    ],
    ['a class above 65535', [['web', A, 65536]], 'question[0].key.class'],
    [
      'a name that is none',
      [
        ['web', A],
        ['a..b', A],
      ],
      'question[1].key.name',
    ],
    ['a name with a long label', [['a'.repeat(64), A]], 'question[0].key.name'],
  ])('refuses %s', (_what, keys, fault) => {
    expect(asked(...keys)).toBe(`InvalidParameter ${fault}`);
  });

  test('takes 128 questions, and answers each machine once', () => {
    expect(asked(...Array<Key>(128).fill(['ai', A]))).toEqual(['A ai 0a000004']);
  });
});
