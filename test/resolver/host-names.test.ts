import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addressText } from '../../src/machine/address-text.ts';
import { sampleMachine } from '../machine/sample-machine.ts';
import { NamedMachines, reverse, told } from './named-machines.ts';

let machines: NamedMachines;
beforeEach(() => {
  machines = new NamedMachines();
});
afterEach(() => machines.close());

describe('a name', () => {
  test.each([
    ['web', 'web 10.0.0.1 fd00::1'],
    ['WEB', 'web 10.0.0.1 fd00::1'],
    ['web.', 'web 10.0.0.1 fd00::1'],
    ['web..', 'unknown'],
    ['.web', 'unknown'],
    ['a.web', 'below web'],
    ['B.a.WEB.', 'below web'],
    ['a..web', 'below web'],
    ['webb', 'unknown'],
    ['web.a', 'unknown'],
    ['db.example', 'db.example 10.0.0.2'],
    ['x.db.example', 'below db.example'],
    ['example', 'unknown'],
    ['x.example', 'unknown'],
    ['vm', 'vm'],
    ['shared', 'shared'],
    ['bare', 'bare'],
    ['.host', 'unknown'],
    ['host', 'unknown'],
    ['', 'unknown'],
    ['.', 'unknown'],
    ['we\\b', 'unknown'],
    ['w\\101b', 'unknown'],
    ['kilo', 'kilo'],
    ['local', 'local 10.0.0.4'],
    ['inner', 'inner fe80::5'],
    ['L'.repeat(64), 'unknown'],
    [`a.${'L'.repeat(64)}`, 'unknown'],
    ['l'.repeat(63), `${'l'.repeat(63)}`],
    ['\u212Ailo', 'unknown'],
    [`${'a.'.repeat(124)}a.web`, 'below web'],
    [`${'a.'.repeat(125)}web.`, 'below web'],
    [`${'a.'.repeat(126)}web`, 'unknown'],
  ])('%j is %s', (name, expected) => {
    machines.registry.add(sampleMachine('.host', { class: 'host' }));
    machines.add('web', ['10.0.0.1 global 2', 'fd00::1 global 2', 'fe80::1 link 2']);
    machines.add('db.example', ['10.0.0.2 global 2']);
    machines.add('vm', [], { class: 'vm' });
    const shared = sampleMachine('shared');
    machines.registry.add({ ...shared, facts: { ...shared.facts, sharesHostNetwork: true } });
    machines.add('bare');
    machines.add('kilo');
    machines.add('local', ['10.0.0.4 global 2', 'fe80::4 link 2']);
    machines.add('inner', ['fe80::5 link 2']);
    machines.add('L'.repeat(64), ['10.0.0.5 global 2']);
    machines.add('l'.repeat(63));
    expect(told(machines.start(), name)).toBe(expected);
  });

  test('below two machines is below the nearer one', () => {
    machines.add('b');
    machines.add('a.b');
    const names = machines.start();
    expect(told(names, 'x.a.b')).toBe('below a.b');
    expect(told(names, 'x.c.b')).toBe('below b');
    expect(told(names, 'a.b')).toBe('a.b');
  });

  test('in two cases is the one that is spelled like this, else the one registered first', () => {
    machines.add('Web', ['10.0.0.1 global 2']);
    machines.add('web', ['10.0.0.2 global 2']);
    const names = machines.start();
    expect(['Web', 'web', 'WEB'].map((name) => told(names, name))).toEqual([
      'Web 10.0.0.1',
      'web 10.0.0.2',
      'Web 10.0.0.1',
    ]);
    machines.remove('Web');
    expect(['Web', 'web', 'WEB'].map((name) => told(names, name))).toEqual(Array(3).fill('web 10.0.0.2'));
    machines.remove('web');
    expect(told(names, 'web')).toBe('unknown');
  });
});

describe('an address', () => {
  test('leads to those who have it, in order of registration, whoever got it first', () => {
    machines.add('one');
    machines.add('two', ['10.0.0.1 global 2']);
    const names = machines.start();
    expect(reverse(names, '10.0.0.1')).toEqual(['two']);
    machines.readdress('one', ['10.0.0.1 global 2', '10.0.0.1 global 3']);
    expect(reverse(names, '10.0.0.1')).toEqual(['one', 'two']);
    machines.readdress('one', ['10.0.0.9 global 2']);
    expect(reverse(names, '10.0.0.1')).toEqual(['two']);
    machines.remove('two');
    expect(reverse(names, '10.0.0.1')).toEqual([]);
    expect(reverse(names, '10.0.0.9')).toEqual(['one']);
  });

  test.each([
    ['the host’s own', '192.0.2.1'],
    ['loopback', '127.0.0.5'],
    ['this host', '0.0.0.0'],
    ['multicast', '224.0.0.251'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::0'],
    ['loopback', '::1'],
    ['multicast', 'ff02::1'],
    ['IPv4 in IPv6', '::ffff:a00:1'],
  ])('that cannot be a machine’s alone has no name, whatever the machine says: %s', (_kind, address) => {
    machines.add('bold', [`${address} global 2`, '10.0.0.1 global 2']);
    const names = machines.start();
    expect(reverse(names, address)).toEqual([]);
    expect(reverse(names, '10.0.0.1')).toEqual(['bold']);
  });

  test('that is not given out has no name either', () => {
    machines.add('web', ['10.0.0.1 global 2', '169.254.1.1 link 2', '10.0.0.2 global 2 tentative']);
    const names = machines.start();
    expect(reverse(names, '169.254.1.1')).toEqual([]);
    expect(reverse(names, '10.0.0.2')).toEqual([]);
    expect([...names.addresses()].map(addressText)).toEqual(['10.0.0.1']);
  });

  test('of no family has no name', () => {
    machines.add('web', ['10.0.0.1 global 2']);
    const names = machines.start();
    for (const length of [0, 3, 5, 15, 17]) expect(names.reverse(new Uint8Array(length))).toEqual([]);
  });
});

test('all names and addresses follow the registry', () => {
  machines.add('web', ['10.0.0.1 global 2']);
  const names = machines.start();
  machines.add('db', ['10.0.0.1 global 2', 'fd00::1 global 2']);
  expect([...names.names()]).toEqual(['web', 'db']);
  expect([...names.addresses()].map(addressText)).toEqual(['10.0.0.1', 'fd00::1']);
  machines.remove('db');
  expect([...names.names()]).toEqual(['web']);
  expect([...names.addresses()].map(addressText)).toEqual(['10.0.0.1']);
});

test('every change is told, and nothing after the end', () => {
  const names = machines.start();
  const listener = vi.fn();
  const [end, other] = [names.subscribe(listener), names.subscribe(listener)];
  machines.add('web');
  expect(listener).toHaveBeenCalledTimes(2);
  other();
  machines.readdress('web', ['10.0.0.1 global 2']);
  expect(listener).toHaveBeenCalledTimes(3);
  expect(told(names, 'web')).toBe('web 10.0.0.1');
  end();
  machines.remove('web');
  expect(listener).toHaveBeenCalledTimes(3);
  expect(told(names, 'web')).toBe('unknown');
  names.subscribe(listener);
  names.close();
  machines.add('late');
  expect(listener).toHaveBeenCalledTimes(3);
});

test('a question takes the same time among ten thousand machines', () => {
  for (let number = 0; number < 10_000; number++) {
    machines.add(`m${number}`, [`10.${number >> 8}.${number & 255}.1 global 2`]);
  }
  const names = machines.start();
  reverse(names, '10.0.0.1');
  const began = performance.now();
  for (let number = 0; number < 10_000; number++) {
    names.resolve(`M${number}`);
    names.resolve(`www.m${number}`);
    names.reverse(Uint8Array.of(10, number >> 8, number & 255, 1));
  }
  const each = (performance.now() - began) / 30;
  console.info(`${each.toFixed(2)} us a question`);
  expect(each).toBeLessThan(50);
});
