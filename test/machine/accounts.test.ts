import { describe, expect, it } from 'vitest';
import { accountLimits, parseAccountIds } from '../../src/machine/accounts.ts';

describe('the numbers in an account file', () => {
  it.each([
    ['root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n', [0, 33]],
    ['root:x:0:\nadm:x:4:alice,bob\n', [0, 4]],
    ['b:x:9:\na:x:1:\nalso:x:9:\nlast::4294967294:', [1, 9, 4294967294]],
    ['', []],
    ['\n\n#root:x:0:0::/:\n+::::::\n-nobody::5:::\n', []],
    ['a:x:-1:0:\na:x:+1:0:\na:x:0x10:0:\na:x: 5:0:\na:x::0:\na:x:5\na:5:0\n:x:7:0:\n', []],
    ['a:x:65535:0:\na:x:4294967295:0:\na:x:4294967296:0:\na:x:99999999999:0:\n', []],
    ['a:x:0012:0:\r\nb:x:٣:0:\nc:x:13:0:\0\n', [12, 13]],
  ])('%j', (text, ids) => {
    expect(parseAccountIds(text)).toEqual(ids);
  });

  it('are so many and no more, from so many lines and no more', () => {
    const { ids, lines } = accountLimits;
    const numbered = (count: number) => Array.from({ length: count }, (_, id) => `u:x:${id}:0:::\n`).join('');
    expect(parseAccountIds(numbered(ids + 1))).toEqual(Array.from({ length: ids }, (_, id) => id));
    expect(parseAccountIds(`${'\n'.repeat(lines - 1)}u:x:5:\nu:x:6:\n`)).toEqual([5]);
  });

  it('of the worst that fits are found quickly', () => {
    const { size } = accountLimits;
    const start = performance.now();
    for (const piece of [':', 'a:', 'a'.repeat(1000), '\n', 'a:x:'.repeat(100), 'a:x:1234567890'.repeat(9)]) {
      expect(parseAccountIds(piece.repeat(size / piece.length))).toEqual([]);
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
