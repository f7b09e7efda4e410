import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { interfaceName } from '../../src/linux/interface-name.ts';

test('every interface is known by its index, and nothing by another number', () => {
  const names = readdirSync('/sys/class/net').filter((name) => name !== 'bonding_masters');
  expect(names).toContain('lo');
  const indices = names.map((name) => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8')));
  expect(indices.map(interfaceName)).toEqual(names);
  for (const index of [0, -1, 1.5, 0x7fff_ffff, 2 ** 32 + 1, Number.NaN]) expect(interfaceName(index)).toBeUndefined();
});
