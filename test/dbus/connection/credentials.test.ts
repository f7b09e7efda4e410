import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../../src/dbus/connection/credentials.ts';
import { type AnyVariant, Variant } from '../../../src/dbus/values.ts';
import { dup, openDescriptors } from '../../linux/descriptors.ts';

const answer = (entries: Record<string, AnyVariant>): ReadonlyMap<string, AnyVariant> =>
  new Map(Object.entries(entries));

describe('credentials', () => {
  it('are what the bus tells', () => {
    const all = answer({
      UnixUserID: new Variant('u', 1000),
      UnixGroupIDs: new Variant('au', [1000]),
      ProcessID: new Variant('u', 42),
      ProcessFD: new Variant('h', 7),
      LinuxSecurityLabel: new Variant('ay', new Uint8Array([0])),
    });
    expect(readCredentials(all)).toEqual({ uid: 1000, gid: 1000, pid: 42, pidfd: 7 });
  });

  it('have no primary group where it could be any of several', () => {
    const groups = answer({ UnixUserID: new Variant('u', 1000), UnixGroupIDs: new Variant('au', [27, 1000]) });
    expect(readCredentials(groups)).toEqual({ uid: 1000, gid: undefined, pid: undefined, pidfd: undefined });
  });

  it('are of no use without a user', () => {
    const before = openDescriptors().size;
    const nobody = answer({ ProcessFD: new Variant('h', dup(1)), UnixUserID: new Variant('s', '0') });
    expect(() => readCredentials(nobody)).toThrow('does not tell whose connection it is');
    expect(openDescriptors().size).toBe(before);
  });
});
