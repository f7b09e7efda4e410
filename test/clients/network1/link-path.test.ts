import { expect, test } from 'vitest';
import { interfaceIndexOf, linkPath } from '../../../src/clients/network1/link-path.ts';

// As `busctl tree org.freedesktop.network1` has them with systemd 252.
test.each([
  [2, '/org/freedesktop/network1/link/_32'],
  [17, '/org/freedesktop/network1/link/_317'],
  [2_147_483_647, '/org/freedesktop/network1/link/_32147483647'],
])('interface %d is %s', (index, path) => {
  expect(linkPath(index)).toBe(path);
  expect(interfaceIndexOf(path)).toBe(index);
});

test.each([
  '/org/freedesktop/network1/link',
  '/org/freedesktop/network1/link/_30',
  '/org/freedesktop/network1/link/2',
  '/org/freedesktop/network1/link/_32/x',
  '/org/freedesktop/network1/link/_3217483647000',
  '/org/freedesktop/network1/network/_32',
  '/org/freedesktop/network1/link/_3２',
])('%s is no interface', (path) => {
  expect(interfaceIndexOf(path)).toBeUndefined();
});
