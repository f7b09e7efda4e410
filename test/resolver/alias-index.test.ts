import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NamedMachines, reverse, told } from './named-machines.ts';

let machines: NamedMachines;
beforeEach(() => {
  machines = new NamedMachines();
});
afterEach(() => machines.close());

describe('a libvirt domain', () => {
  const vm = (name: string, address: string) => machines.add(name, [`${address} global 2`]);

  test('is found by its own name, whatever its number', () => {
    vm('qemu-4-Mini.Kube', '10.0.0.1');
    const names = machines.start();
    expect(told(names, 'mini.kube')).toBe('Mini.Kube 10.0.0.1');
    expect(told(names, 'qemu-4-mini.kube')).toBe('qemu-4-Mini.Kube 10.0.0.1');
    expect(told(names, 'www.mini.kube.')).toBe('below qemu-4-Mini.Kube');
    expect([...names.names()]).toEqual(['qemu-4-Mini.Kube', 'Mini.Kube']);
    expect(reverse(names, '10.0.0.1')).toEqual(['qemu-4-Mini.Kube']);
    machines.remove('qemu-4-Mini.Kube');
    expect(told(names, 'mini.kube')).toBe('unknown');
    expect([...names.names()]).toEqual([]);
  });

  test('never hides a machine’s name, which may come and go', () => {
    vm('qemu-1-web', '10.0.0.1');
    const names = machines.start();
    vm('WEB', '10.0.0.2');
    expect(told(names, 'web')).toBe('WEB 10.0.0.2');
    expect([...names.names()]).toEqual(['qemu-1-web', 'WEB']);
    machines.remove('WEB');
    expect(told(names, 'web')).toBe('web 10.0.0.1');
  });

  test('whose name another has too is found by neither’s', () => {
    vm('qemu-1-web', '10.0.0.1');
    const names = machines.start();
    vm('qemu-2-Web', '10.0.0.2');
    expect(told(names, 'web')).toBe('unknown');
    expect(told(names, 'www.web')).toBe('unknown');
    expect([...names.names()]).toEqual(['qemu-1-web', 'qemu-2-Web']);
    machines.remove('qemu-1-web');
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
    expect(told(machines.start(), name)).toBe('unknown');
  });

  test('can be called as another is', () => {
    vm('qemu-1-qemu-2-web', '10.0.0.1');
    vm('qemu-2-web', '10.0.0.2');
    const names = machines.start();
    expect(told(names, 'qemu-2-web')).toBe('qemu-2-web 10.0.0.2');
    expect(told(names, 'web')).toBe('web 10.0.0.2');
  });
});

describe('what a machine calls itself', () => {
  test('is its name, too, until it says something else or goes', () => {
    const web = machines.add('web', ['10.0.0.1 global 2']);
    const names = machines.start();
    const listener = vi.fn();
    names.subscribe(listener);
    names.callItself(web, 'Shop');
    expect(listener).toHaveBeenCalledTimes(1);
    expect(told(names, 'shop')).toBe('Shop 10.0.0.1');
    expect(told(names, 'web')).toBe('web 10.0.0.1');
    expect([...names.names()]).toEqual(['web', 'Shop']);
    names.callItself(web, 'store');
    expect(told(names, 'shop')).toBe('unknown');
    names.callItself(web, undefined);
    expect(told(names, 'store')).toBe('unknown');
    names.callItself(web, 'store');
    machines.remove('web');
    expect(told(names, 'store')).toBe('unknown');
    machines.add('web');
    // Said by the one that is gone.
    names.callItself(web, 'store');
    expect(told(names, 'store')).toBe('unknown');
  });

  test.each([
    'www.example.com',
    'localhost',
    'LOCALHOST',
    '_gateway',
    'a b',
    '',
    '.',
    '-',
    '\u212Ailo',
    'x'.repeat(64),
  ])('is no name when it is %j', (ownName) => {
    const web = machines.add('web');
    const names = machines.start();
    names.callItself(web, ownName);
    expect(told(names, ownName)).toBe('unknown');
    expect([...names.names()]).toEqual(['web']);
  });

  test('takes no name away: neither a machine’s, nor a domain’s, nor another’s own', () => {
    machines.add('db', ['10.0.0.2 global 2']);
    machines.add('qemu-1-mail', ['10.0.0.3 global 2']);
    const [one, two] = [machines.add('one', ['10.0.0.4 global 2']), machines.add('two', ['10.0.0.5 global 2'])];
    const names = machines.start();
    names.callItself(one, 'DB');
    expect(told(names, 'db')).toBe('db 10.0.0.2');
    names.callItself(one, 'mail');
    expect(told(names, 'mail')).toBe('unknown');
    names.callItself(one, 'twin');
    names.callItself(two, 'twin');
    expect(told(names, 'twin')).toBe('unknown');
    names.callItself(two, undefined);
    expect(told(names, 'twin')).toBe('twin 10.0.0.4');
    expect(told(names, 'mail')).toBe('mail 10.0.0.3');
  });

  test('can be the name that it has', () => {
    const vm = machines.add('qemu-1-mail', ['10.0.0.3 global 2']);
    const names = machines.start();
    names.callItself(vm, 'mail');
    expect(told(names, 'mail')).toBe('mail 10.0.0.3');
    names.callItself(vm, undefined);
    expect(told(names, 'mail')).toBe('mail 10.0.0.3');
  });
});
