import { expect, test } from 'vitest';
import { ChangeLog } from '../../../src/frontends/registry/change-log.ts';
import { PreparedReply } from '../../../src/varlink/index.ts';

/** A reply of 100 characters. */
const reply = (n: number) => new PreparedReply({ n, text: 'x'.repeat(100 - `{"n":${n},"text":""}`.length) });

test('keeps the last changes up to its limit, and the last one always', () => {
  const log = new ChangeLog<PreparedReply<object>>(350);
  const replies = Array.from({ length: 10 }, (_, n) => reply(n));
  for (const [position, each] of replies.entries()) {
    expect(log.end).toBe(position);
    expect(log.at(position)).toBeUndefined();
    log.append(each);
    for (let n = 0; n <= position; n++) {
      expect(log.hasDropped(n), `${n} after ${position}`).toBe(n < position - 2);
      if (!log.hasDropped(n)) expect(log.at(n)).toBe(replies[n]);
    }
  }
  expect(() => log.at(6)).toThrow(RangeError);
  const big = new PreparedReply({ n: 10, text: 'x'.repeat(1000) });
  log.append(big);
  expect([log.end, log.hasDropped(9), log.at(10)]).toEqual([11, true, big]);
  log.append(reply(11));
  expect([log.hasDropped(10), log.hasDropped(11)]).toEqual([true, false]);
});

test('goes on counting after it was cleared', () => {
  const log = new ChangeLog<PreparedReply<object>>(350);
  log.append(reply(0));
  log.append(reply(1));
  log.clear();
  expect([log.end, log.hasDropped(1), log.at(2)]).toEqual([2, true, undefined]);
  for (let n = 2; n < 5; n++) log.append(reply(n));
  expect([log.end, log.hasDropped(2)]).toEqual([5, false]);
});
