import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasCapability, includesCapability } from '../../src/linux/capabilities.ts';
import { isRoot, startProcess, stop, untilRuns } from './process-tree.ts';

describe('hasCapability', () => {
  it.skipIf(!isRoot)('follows what a process may do (needs root)', async () => {
    expect(hasCapability('CAP_KILL')).toBe(true);
    const child = startProcess('sleep', ['1000'], { uid: 12345, gid: 12345 });
    await untilRuns(child.pid, 'sleep');
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    await stop(child);
    expect(includesCapability(status, 'CAP_KILL')).toBe(false);
    expect(includesCapability(status, 'CAP_NET_ADMIN')).toBe(false);
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
