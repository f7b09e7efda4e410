import { describe, expect, it } from 'vitest';
import {
  connectFirst,
  formatSocketAddress,
  parseBusAddress,
  sessionBusAddress,
  systemBusAddress,
} from '../../../src/dbus/connection/address.ts';
import type { SocketAddress, Transport } from '../../../src/dbus/connection/transport.ts';

const guid = '0123456789abcdef0123456789abcdef';

describe('the address of a bus', () => {
  it.each<[string, SocketAddress[]]>([
    ['unix:path=/run/bus', [{ path: '/run/bus' }]],
    ['unix:abstract=/tmp/dbus-x', [{ abstract: '/tmp/dbus-x' }]],
    ['unix:path=/a%20b%c3%bc%2C%3b', [{ path: '/a bü,;' }]],
    ['unix:path=/a;unix:path=/b;', [{ path: '/a' }, { path: '/b' }]],
    ['tcp:host=localhost,port=1;unix:path=/b', [{ path: '/b' }]],
    ['unixexec:path=/bin/sh;unix:abstract=x', [{ abstract: 'x' }]],
  ])('%s is read', (text, sockets) => {
    expect(parseBusAddress(text).map(({ socket }) => socket)).toEqual(sockets);
  });

  it('may have the id of the server', () => {
    expect(parseBusAddress(`unix:path=/b,guid=${guid.toUpperCase()}`)).toEqual([{ socket: { path: '/b' }, guid }]);
  });

  it.each([
    ['', 'empty'],
    [';', 'empty'],
    ['/run/bus', 'names no transport'],
    ['unix:', 'one of path= and abstract='],
    ['unix:path=/a,abstract=b', 'one of path= and abstract='],
    ['unix:dir=/tmp', 'one of path= and abstract='],
    ['unix:path', '"path" is not of the form key=value'],
    ['unix:path=/a,path=/b', 'two values for path'],
    ['unix:path=/a%2', 'without two hexadecimal digits'],
    ['unix:path=/a%ff', 'not UTF-8'],
    ['unix:path=/a,guid=12', 'no valid guid='],
    ['tcp:host=localhost,port=1', 'only unix:path= and unix:abstract= can'],
    ['autolaunch:', 'only unix:path= and unix:abstract= can'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseBusAddress(text)).toThrow(TypeError);
    expect(() => parseBusAddress(text)).toThrow(reason);
  });

  it('is written so that it can be read', () => {
    for (const socket of [{ path: '/run/a b,ü;%=/*' }, { abstract: 'x y' }]) {
      expect(parseBusAddress(formatSocketAddress(socket))).toEqual([{ socket, guid: undefined }]);
    }
  });

  it('of the system bus has a default', () => {
    expect(systemBusAddress({})).toBe('unix:path=/run/dbus/system_bus_socket');
    expect(systemBusAddress({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/x' })).toBe('unix:path=/x');
  });

  it('of the session bus is the environment’s', () => {
    const XDG_RUNTIME_DIR = '/run/user/1 0';
    expect(sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x', XDG_RUNTIME_DIR })).toBe('unix:path=/x');
    expect(parseBusAddress(sessionBusAddress({ XDG_RUNTIME_DIR }))[0]?.socket).toEqual({ path: '/run/user/1 0/bus' });
    expect(() => sessionBusAddress({})).toThrow('XDG_RUNTIME_DIR');
  });
});

describe('connecting', () => {
  const transport = {} as Transport;
  const addresses = parseBusAddress('unix:path=/a;unix:abstract=b;unix:path=/c');

  it('takes the first that is there', async () => {
    const tried: SocketAddress[] = [];
    const found = await connectFirst(addresses, (address) => {
      tried.push(address);
      if (tried.length === 1) throw new Error('nobody');
      return transport;
    });
    expect(found).toEqual({ address: addresses[1], transport });
    expect(tried).toEqual([{ path: '/a' }, { abstract: 'b' }]);
  });

  it('says why none is', async () => {
    const refuse = (): Promise<Transport> => Promise.reject(new Error('ENOENT'));
    await expect(connectFirst(addresses, refuse)).rejects.toThrow(
      'no bus at unix:path=/a: ENOENT; no bus at unix:abstract=b: ENOENT; no bus at unix:path=/c: ENOENT',
    );
    await expect(connectFirst(addresses.slice(0, 1), refuse)).rejects.toMatchObject({
      message: 'no bus at unix:path=/a: ENOENT',
      cause: { message: 'ENOENT' },
    });
  });
});
