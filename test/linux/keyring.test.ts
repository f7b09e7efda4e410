import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { joinNewSessionKeyring } from '../../src/linux/keyring.ts';

/** Keys that this thread may see (keyrings(7)): the numbers of session keyrings, in hexadecimal. */
function sessionKeyrings(): string[] {
  const lines = readFileSync('/proc/keys', 'utf8').split('\n');
  return lines.filter((line) => / keyring +_ses: empty$/.test(line)).map((line) => line.slice(0, 8));
}

describe('joinNewSessionKeyring', () => {
  // The thread of the test has another keyring afterwards, and nothing here asks for keys.
  it('gives an empty keyring, which is another each time; or says that it is forbidden', () => {
    if (!joinNewSessionKeyring()) {
      console.warn('skipped: keyrings are forbidden here');
      return;
    }
    const first = sessionKeyrings();
    expect(first).not.toEqual([]);
    expect(joinNewSessionKeyring()).toBe(true);
    expect(sessionKeyrings().filter((keyring) => !first.includes(keyring))).toHaveLength(1);
  });
});
