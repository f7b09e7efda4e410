import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMachineId } from '../../src/linux/machine-id.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-id-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

describe('the id of the machine', () => {
  const id = '0123456789abcdef0123456789abcdef';

  it('is the first valid one', () => {
    const missing = join(directory, 'missing');
    expect(readMachineId([missing, file('upper', `${id.toUpperCase()}\n`)])).toBe(id);
    expect(readMachineId([file('first-boot', 'uninitialized\n'), file('second', `${id}\n`)])).toBe(id);
  });

  it('is not there on a machine without one', () => {
    expect(readMachineId([join(directory, 'missing'), file('empty', '')])).toBeUndefined();
  });
});
