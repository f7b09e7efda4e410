import { spawn } from 'node:child_process';
import { closeSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openControlGroup, openMembership } from '../../../src/inside/entering/leader-control-group.ts';
import { Process } from '../../../src/linux/process.ts';
import { controlGroupsUnavailable, TestControlGroup } from '../../support/control-groups.ts';

const unavailable = controlGroupsUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe('the control group of a leader', () => {
  it.skipIf(unavailable !== undefined)('is opened where it is another than ours', async () => {
    const group = new TestControlGroup('mymachines-leader.scope');
    const child = spawn('sleep', ['1000']);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const leader = Process.open(child.pid as number);
    try {
      expect(openControlGroup(leader)).toBeUndefined();
      group.add(child.pid as number);
      const opened = openControlGroup(leader) as number;
      expect(readlinkSync(`/proc/self/fd/${opened}`)).toMatch(/\/mymachines-leader\.scope\/cgroup\.procs$/);
      closeSync(opened);
    } finally {
      leader.close();
      child.kill('SIGKILL');
      await ended;
      group.remove();
    }
  });

  it('is refused where there is none of that name, or it is outside of what we may see', () => {
    for (const path of ['/mymachines-none.scope', '/../mymachines-leader.scope']) {
      const refused = { code: 'ENODEV', syscall: 'looking for the control group of its leader' };
      expect(() => openMembership(path), path).toThrow(expect.objectContaining(refused));
    }
  });
});
