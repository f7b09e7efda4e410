import { closeSync, fstatSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../../src/dbus/call.ts';
import { asCaller, callerPid } from '../../../src/frontends/machine1/caller.ts';
import { managerCall } from './test-services.ts';

const callWith = (credentials: Partial<Credentials>) =>
  managerCall('GetMachine', 's', ['web'], {
    interactive: true,
    credentials: async () => ({ uid: 1000, gid: 1001, pid: 4711, pidfd: undefined, ...credentials }),
  });
const openOne = () => openSync('/dev/null', 'r');
const isOpen = (descriptor: number): boolean => {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
};

describe('the caller of a method', () => {
  it('is who the bus says', async () => {
    const told = await asCaller(callWith({}), ({ openPidfd: _, ...caller }) => caller);
    expect(told).toEqual({ uid: 1000, gid: 1001, pid: 4711, interactive: true, busName: ':1.7' });
  });

  it('has its pidfd closed when nobody took it', async () => {
    const pidfd = openOne();
    await asCaller(callWith({ pidfd }), () => expect(isOpen(pidfd)).toBe(true));
    expect(isOpen(pidfd)).toBe(false);
    const another = openOne();
    const failing = asCaller(callWith({ pidfd: another }), () => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    expect(isOpen(another)).toBe(false);
  });

  it('gives its pidfd away once', async () => {
    const pidfd = openOne();
    await asCaller(callWith({ pidfd }), (caller) => {
      expect(caller.openPidfd()).toBe(pidfd);
      expect(() => caller.openPidfd()).toThrow('only one');
    });
    expect(isOpen(pidfd)).toBe(true);
    closeSync(pidfd);
  });

  it('says so when the bus gave none, as a socket does', async () => {
    await asCaller(callWith({}), (caller) => {
      expect(() => caller.openPidfd()).toThrow(expect.objectContaining({ code: 'ENOPROTOOPT' }));
    });
  });

  it('has no number when it is where we cannot see it', async () => {
    await asCaller(callWith({ pid: undefined }), (caller) => {
      expect(() => callerPid(caller)).toThrow(expect.objectContaining({ code: 'invalid-parameter' }));
    });
  });
});
