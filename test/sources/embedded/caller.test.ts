import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPidfd } from '../../../src/linux/pidfd.ts';
import { Process } from '../../../src/linux/process.ts';
import type { Caller } from '../../../src/machine/operations.ts';
import { identifyCaller } from '../../../src/sources/embedded/caller.ts';
import { containersUnavailable } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const alice = 12345;

describe.skipIf(unavailable !== undefined)('the supervisor of a machine', () => {
  let children: ChildProcess[];
  let leader: Process;

  const start = (uid: number): number => {
    const child = spawn('sleep', ['60'], { uid, gid: uid, stdio: 'ignore' });
    children.push(child);
    return child.pid as number;
  };
  /** As a bus tells that knows no more than the number of the process that connected. */
  const byNumber = (uid: number, pid: number): Caller => ({
    uid,
    gid: uid,
    pid,
    interactive: false,
    openPidfd: () => {
      throw Object.assign(new Error('no pidfds'), { code: 'ENOPROTOOPT' });
    },
  });

  beforeEach(() => {
    children = [];
    leader = Process.open(start(alice));
  });
  afterEach(() => {
    leader.close();
    for (const child of children) child.kill('SIGKILL');
  });

  it('is whoever registered it', () => {
    const pid = start(alice);
    expect(identifyCaller(byNumber(alice, pid), leader)).toMatchObject({ pid });
    expect(identifyCaller({ ...byNumber(alice, pid), openPidfd: () => openPidfd(pid) }, leader)).toMatchObject({ pid });
    expect(identifyCaller(byNumber(0, pid), leader)).toMatchObject({ pid });
  });

  it('is never another user’s process, whose number the caller’s has become', () => {
    const pid = start(0);
    expect(identifyCaller(byNumber(alice, pid), leader)).toBeUndefined();
    expect(identifyCaller({ ...byNumber(alice, pid), openPidfd: () => openPidfd(pid) }, leader)).toBeUndefined();
  });
});
