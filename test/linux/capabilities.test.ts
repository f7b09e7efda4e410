import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasCapability, includesCapability } from '../../src/linux/capabilities.ts';
import { isRoot } from './process-tree.ts';

describe('hasCapability', () => {
  it.skipIf(!isRoot)('follows what the process may do (needs root)', () => {
    expect(hasCapability('CAP_KILL')).toBe(true);
    const drop = ['--bounding-set', '-net_admin', 'cat', '/proc/self/status'];
    const status = execFileSync('setpriv', drop, { encoding: 'utf8' });
    expect(includesCapability(status, 'CAP_NET_ADMIN')).toBe(false);
    expect(includesCapability(status, 'CAP_SYS_ADMIN')).toBe(true);
    expect(includesCapability(status, 'CAP_KILL')).toBe(true);
  });

  it('reads the effective set, not the others', () => {
    const status =
      'Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000001000\nCapBnd:\t000001ffffffffff\n';
    expect(includesCapability(status, 'CAP_NET_ADMIN')).toBe(true);
    expect(includesCapability(status, 'CAP_NET_BIND_SERVICE')).toBe(false);
    expect(includesCapability(status, 'CAP_SYS_RESOURCE')).toBe(false);
  });

  it('says when there is nothing to read', () => {
    expect(() => includesCapability('Name:\tx\n', 'CAP_KILL')).toThrow('CapEff');
  });
});
