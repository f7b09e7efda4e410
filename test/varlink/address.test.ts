import { expect, test } from 'vitest';
import { parseAddress } from '../../src/varlink/index.ts';

test.each([
  ['unix:/run/service', { path: '/run/service' }],
  ['unix:relative', { path: 'relative' }],
  ['unix:/run/service;mode=0600', { path: '/run/service' }],
  ['unix:@name', { abstract: 'name' }],
  ['unix:@a/b', { abstract: 'a/b' }],
  ['/run/service', { path: '/run/service' }],
  ['./service', { path: './service' }],
])('%s is the address of a socket', (address, socket) => {
  expect(parseAddress(address)).toEqual(socket);
});

test.each(['', 'unix:', 'unix:@', 'unix:;mode=0600', 'service', 'tcp:127.0.0.1:1', 'exec:/bin/true', 'unix:/a\0b'])(
  '"%s" is not',
  (address) => {
    expect(() => parseAddress(address)).toThrow(TypeError);
  },
);
