import { expect, test } from 'vitest';
import { allKinds, toldInTheLab } from './told-in-the-lab.ts';

test('each line of what lives on a host is shown in the lab', () => {
  const told = Object.values(toldInTheLab).flat();
  // The lab has this machine's kernel: limit-lines.test.ts shows it.
  expect(new Set([...told, 'kernel_old'])).toEqual(new Set(Object.keys(allKinds)));
});
