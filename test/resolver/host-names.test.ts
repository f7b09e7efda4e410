import { afterEach, describe, expect, test, vi } from 'vitest';
import { addressText } from '../../src/machine/address-text.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { parseMachineName } from '../../src/machine/machine-name.ts';
import { Registry } from '../../src/machine/registry.ts';
import { HostNames } from '../../src/resolver/host-names.ts';
import { sampleMachine } from '../machine/sample-machine.ts';
import { sampleAddress } from './sample-address.ts';

let registry = new Registry();
let hostNames: HostNames | undefined;
const metadata = { hostAddresses: () => [sampleAddress('192.0.2.1 global 2')] };
afterEach(() => {
  hostNames?.close();
  registry = new Registry();
});

function add(name: string, lines: readonly string[] = [], rest: Partial<Machine> = {}): Machine {
  const machine = sampleMachine(name, rest);
  const added = { ...machine, facts: { ...machine.facts, addresses: lines.map(sampleAddress) } };
  registry.add(added);
  return added;
}

function readdress(name: string, lines: readonly string[]): void {
  const addresses = lines.map(sampleAddress);
  registry.update(parseMachineName(name), (machine) => ({ ...machine, facts: { ...machine.facts, addresses } }));
}

function start(): HostNames {
  hostNames = new HostNames(registry, metadata);
  return hostNames;
}

/** `web 10.0.0.1 10.0.0.2`, `below web`, `unknown` */
function told(names: HostNames, name: string): string {
  const answer = names.resolve(name);
  if (answer.kind === 'found')
    return [answer.name, ...answer.addresses.map(({ bytes }) => addressText(bytes))].join(' ');
  return answer.kind === 'below' ? `below ${answer.machine.name}` : 'unknown';
}

const reverse = (names: HostNames, address: string): readonly string[] =>
  names.reverse(sampleAddress(`${address} global 2`).bytes);

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
    registry.add(sampleMachine('.host', { class: 'host' }));
    add('web', ['10.0.0.1 global 2', 'fd00::1 global 2', 'fe80::1 link 2']);
    add('db.example', ['10.0.0.2 global 2']);
    add('vm', [], { class: 'vm' });
    const shared = sampleMachine('shared');
    registry.add({ ...shared, facts: { ...shared.facts, sharesHostNetwork: true } });
    add('bare');
    add('kilo');
    add('local', ['10.0.0.4 global 2', 'fe80::4 link 2']);
    add('inner', ['fe80::5 link 2']);
    add('L'.repeat(64), ['10.0.0.5 global 2']);
    add('l'.repeat(63));
    expect(told(start(), name)).toBe(expected);
  });

  test('below two machines is below the nearer one', () => {
    add('b');
    add('a.b');
    const names = start();
    expect(told(names, 'x.a.b')).toBe('below a.b');
    expect(told(names, 'x.c.b')).toBe('below b');
    expect(told(names, 'a.b')).toBe('a.b');
  });

  test('in two cases is the one that is spelled like this, else the one registered first', () => {
    add('Web', ['10.0.0.1 global 2']);
    add('web', ['10.0.0.2 global 2']);
    const names = start();
    expect(['Web', 'web', 'WEB'].map((name) => told(names, name))).toEqual([
      'Web 10.0.0.1',
      'web 10.0.0.2',
      'Web 10.0.0.1',
    ]);
    registry.remove(parseMachineName('Web'));
    expect(['Web', 'web', 'WEB'].map((name) => told(names, name))).toEqual(Array(3).fill('web 10.0.0.2'));
    registry.remove(parseMachineName('web'));
    expect(told(names, 'web')).toBe('unknown');
  });
});

describe('a libvirt domain', () => {
  const vm = (name: string, address: string) => add(name, [`${address} global 2`]);

  test('is found by its own name, whatever its number', () => {
    vm('qemu-4-Mini.Kube', '10.0.0.1');
    const names = start();
    expect(told(names, 'mini.kube')).toBe('Mini.Kube 10.0.0.1');
    expect(told(names, 'qemu-4-mini.kube')).toBe('qemu-4-Mini.Kube 10.0.0.1');
    expect(told(names, 'www.mini.kube.')).toBe('below qemu-4-Mini.Kube');
    expect([...names.names()]).toEqual(['qemu-4-Mini.Kube', 'Mini.Kube']);
    expect(reverse(names, '10.0.0.1')).toEqual(['qemu-4-Mini.Kube']);
    registry.remove(parseMachineName('qemu-4-Mini.Kube'));
    expect(told(names, 'mini.kube')).toBe('unknown');
    expect([...names.names()]).toEqual([]);
  });

  test('never hides a machine’s name, which may come and go', () => {
    vm('qemu-1-web', '10.0.0.1');
    const names = start();
    vm('WEB', '10.0.0.2');
    expect(told(names, 'web')).toBe('WEB 10.0.0.2');
    expect([...names.names()]).toEqual(['qemu-1-web', 'WEB']);
    registry.remove(parseMachineName('WEB'));
    expect(told(names, 'web')).toBe('web 10.0.0.1');
  });

  test('whose name another has too is found by neither’s', () => {
    vm('qemu-1-web', '10.0.0.1');
    const names = start();
    vm('qemu-2-Web', '10.0.0.2');
    expect(told(names, 'web')).toBe('unknown');
    expect(told(names, 'www.web')).toBe('unknown');
    expect([...names.names()]).toEqual(['qemu-1-web', 'qemu-2-Web']);
    registry.remove(parseMachineName('qemu-1-web'));
    expect(told(names, 'web')).toBe('Web 10.0.0.2');
  });

  test.each([
    ['qemu-web', 'web'],
    ['qemu-1', '1'],
    ['qemu-1x-web', 'web'],
    ['lxc-1-web', 'web'],
    ['QEMU-1-web', 'web'],
    ['qemu-1--web', '-web'],
    ['a-qemu-1-web', 'web'],
  ])('is not %s', (machine, name) => {
    vm(machine, '10.0.0.1');
    expect(told(start(), name)).toBe('unknown');
  });

  test('can be called as another is', () => {
    vm('qemu-1-qemu-2-web', '10.0.0.1');
    vm('qemu-2-web', '10.0.0.2');
    const names = start();
    expect(told(names, 'qemu-2-web')).toBe('qemu-2-web 10.0.0.2');
    expect(told(names, 'web')).toBe('web 10.0.0.2');
  });
});

describe('an address', () => {
  test('leads to those who have it, in order of registration, whoever got it first', () => {
    add('one');
    add('two', ['10.0.0.1 global 2']);
    const names = start();
    expect(reverse(names, '10.0.0.1')).toEqual(['two']);
    readdress('one', ['10.0.0.1 global 2', '10.0.0.1 global 3']);
    expect(reverse(names, '10.0.0.1')).toEqual(['one', 'two']);
    readdress('one', ['10.0.0.9 global 2']);
    expect(reverse(names, '10.0.0.1')).toEqual(['two']);
    registry.remove(parseMachineName('two'));
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
    add('bold', [`${address} global 2`, '10.0.0.1 global 2']);
    const names = start();
    expect(reverse(names, address)).toEqual([]);
    expect(reverse(names, '10.0.0.1')).toEqual(['bold']);
  });

  test('that is not given out has no name either', () => {
    add('web', ['10.0.0.1 global 2', '169.254.1.1 link 2', '10.0.0.2 global 2 tentative']);
    const names = start();
    expect(reverse(names, '169.254.1.1')).toEqual([]);
    expect(reverse(names, '10.0.0.2')).toEqual([]);
    expect([...names.addresses()].map(addressText)).toEqual(['10.0.0.1']);
  });

  test('of no family has no name', () => {
    add('web', ['10.0.0.1 global 2']);
    const names = start();
    for (const length of [0, 3, 5, 15, 17]) expect(names.reverse(new Uint8Array(length))).toEqual([]);
  });
});

test('all names and addresses follow the registry', () => {
  add('web', ['10.0.0.1 global 2']);
  const names = start();
  add('db', ['10.0.0.1 global 2', 'fd00::1 global 2']);
  expect([...names.names()]).toEqual(['web', 'db']);
  expect([...names.addresses()].map(addressText)).toEqual(['10.0.0.1', 'fd00::1']);
  registry.remove(parseMachineName('db'));
  expect([...names.names()]).toEqual(['web']);
  expect([...names.addresses()].map(addressText)).toEqual(['10.0.0.1']);
});

test('every change is told, and nothing after the end', () => {
  const names = start();
  const listener = vi.fn();
  const [end, other] = [names.subscribe(listener), names.subscribe(listener)];
  add('web');
  expect(listener).toHaveBeenCalledTimes(2);
  other();
  readdress('web', ['10.0.0.1 global 2']);
  expect(listener).toHaveBeenCalledTimes(3);
  expect(told(names, 'web')).toBe('web 10.0.0.1');
  end();
  registry.remove(parseMachineName('web'));
  expect(listener).toHaveBeenCalledTimes(3);
  expect(told(names, 'web')).toBe('unknown');
  names.subscribe(listener);
  names.close();
  add('late');
  expect(listener).toHaveBeenCalledTimes(3);
});

test('a question takes the same time among ten thousand machines', () => {
  for (let number = 0; number < 10_000; number++) {
    add(`m${number}`, [`10.${number >> 8}.${number & 255}.1 global 2`]);
  }
  const names = start();
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
