import { expect, test } from 'vitest';
import { isId128, nullId128, parseId128 } from '../../src/machine/id128.ts';

test.each([
  ['85bb6a7ce5f343b4a1d6bd77b021e154', '85bb6a7ce5f343b4a1d6bd77b021e154'],
  ['85bb6a7c-e5f3-43b4-a1d6-bd77b021e154', '85bb6a7ce5f343b4a1d6bd77b021e154'],
  ['85BB6A7C-E5F3-43B4-A1D6-BD77B021E154', '85bb6a7ce5f343b4a1d6bd77b021e154'],
  ['00000000-0000-0000-0000-000000000000', nullId128],
  ['', undefined],
  ['85bb6a7ce5f343b4a1d6bd77b021e15', undefined],
  ['85bb6a7ce5f343b4a1d6bd77b021e1540', undefined],
  ['85bb6a7ce5f3-43b4-a1d6-bd77b021e154', undefined],
  ['85bb6a7-ce5f3-43b4-a1d6-bd77b021e154', undefined],
  ['{85bb6a7c-e5f3-43b4-a1d6-bd77b021e154}', undefined],
  ['85bb6a7ce5f343b4a1d6bd77b021e15g', undefined],
  ['85bb6a7ce5f343b4a1d6bd77b021e154\n', undefined],
])('%j is read as %s', (text, id) => {
  expect(parseId128(text)).toBe(id);
});

test('an id is kept in lower case and without hyphens only', () => {
  expect(isId128('85bb6a7ce5f343b4a1d6bd77b021e154')).toBe(true);
  expect(isId128('85BB6A7CE5F343B4A1D6BD77B021E154')).toBe(false);
  expect(isId128('85bb6a7c-e5f3-43b4-a1d6-bd77b021e154')).toBe(false);
});
