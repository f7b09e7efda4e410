import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/images/reading/version.ts';
import { pickVersion } from '../../src/images/reading/versioned.ts';

describe('compareVersions', () => {
  // The examples of the Version Format Specification (uapi-group.org), oldest first; pairs that are equal at the end.
  it.each([
    [
      '122.1',
      '123~rc1-1',
      '123',
      '123-a',
      '123-a.1',
      '123-1',
      '123-1.1',
      '123^post1',
      '123.a-1',
      '123.1-1',
      '123a-1',
      '124-1',
    ],
    ['', '0.1', '11'],
    ['~', '', 'a'],
    ['9', '10', '100000000000000000000', '100000000000000000001'],
  ])('has them in order: %s, %s …', (...versions) => {
    for (const [index, one] of versions.entries()) {
      expect(compareVersions(one, one), one).toBe(0);
      for (const other of versions.slice(index + 1)) {
        expect(compareVersions(one, other), `${one} ${other}`).toBeLessThan(0);
        expect(compareVersions(other, one), `${other} ${one}`).toBeGreaterThan(0);
      }
    }
  });

  it.each([
    ['1', '01'],
    ['1.0', '1.0_'],
    ['a_1', 'a1'],
  ])('takes %s and %s for the same', (one, other) => expect(compareVersions(one, other)).toBe(0));
});

describe('pickVersion', () => {
  // What systemd 262 chose of directories in t.v, on x86-64.
  it.runIf(process.arch === 'x64').each([
    [['t_1_x86'], 't_1_x86'],
    [['t_1_x86', 't_1_x86-64'], 't_1_x86-64'],
    [['t_1', 't_1_x86-64'], 't_1_x86-64'],
    [['t_1', 't_1_x86'], 't_1_x86'],
    [['t_2_x86', 't_1_x86-64'], 't_2_x86'],
    [['t_9_arm64', 't_1'], 't_1'],
    [['t_1_ia64', 't_1_arm64-be', 't_1_sh', 't_1_s390x'], undefined],
    [['t_1_x86-64+3', 't_0'], 't_1_x86-64+3'],
  ])('knows what this machine runs: %j', (files, picked) => expect(pickVersion(files, 't', '')).toBe(picked));

  it.each([
    [['t', 't_'], undefined],
    [['t_1+3', 't_1+3-1'], 't_1+3'],
    [['t_1+3-1', 't_1+2-2'], 't_1+3-1'],
    [['t_1+0', 't_1'], 't_1'],
    [['t_3+0-3', 't_2+1-1'], 't_2+1-1'],
    [['t_1+0-5'], 't_1+0-5'],
    [['t_1+03', 't_1+3-0'], 't_1+3-0'],
    [['t_1+18446744073709551616', 't_0'], 't_0'],
    [['t_1_'], 't_1_'],
    [['t_1~rc1', 't_1'], 't_1'],
    [['t_1.2', 't_1.10'], 't_1.10'],
    [['t_1.2a', 't_1.2'], 't_1.2a'],
    [['t_1^a', 't_1'], 't_1^a'],
    [['t_a', 't_1'], 't_1'],
    [['t_1_foo', 't_0'], 't_1_foo'],
    [['t_1_a', 't_1a'], 't_1a'],
    [['t_01', 't_1'], 't_1'],
    [['t_1+x', 't_0'], 't_0'],
    [['t_1,a', 't_0'], 't_0'],
    [['t_9@x', 't_1'], 't_1'],
    [['t_ü', 't_1'], 't_1'],
    [['t_1-', 't_1'], 't_1-'],
    [['t_1.', 't_1'], 't_1.'],
    [['t_1.0', 't_1-0'], 't_1.0'],
    [['t_1a', 't_1.0'], 't_1a'],
    [['.t_5', 'u_4'], undefined],
  ])('chooses as systemd does: %j', (files, picked) => {
    expect(pickVersion(files, 't', '')).toBe(picked);
    expect(pickVersion([...files].reverse(), 't', '')).toBe(picked);
  });

  it('looks at the ending', () => {
    expect(pickVersion(['t_1.raw', 't_2', 't_3.img'], 't', '.raw')).toBe('t_1.raw');
  });
});
