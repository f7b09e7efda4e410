import { expect, it } from 'vitest';
import { takeGroups } from '../../src/linux/credentials.ts';
import { isRoot } from './process-tree.ts';

// What it does to processes that have taken ids is seen in test/inside/entering.
it.runIf(isRoot)('groups that cannot be had are an error, and leave those that were', () => {
  const before = process.getgroups?.();
  // More than NGROUPS_MAX of limits.h.
  expect(() => takeGroups(Array.from({ length: 65_537 }, (_, group) => group))).toThrow(
    expect.objectContaining({ code: 'EINVAL', syscall: 'setgroups' }),
  );
  expect(process.getgroups?.()).toEqual(before);
});
