import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { readBootId } from '../../src/linux/boot-id.ts';

it('is the id of this boot without dashes', () => {
  const uuid = execFileSync('cat', ['/proc/sys/kernel/random/boot_id'], { encoding: 'utf8' });
  expect(readBootId()).toMatch(/^[0-9a-f]{32}$/);
  expect(readBootId()).toBe(uuid.trim().split('-').join(''));
});
