import { describe, expect, test } from 'vitest';
import { HostEnds } from '../../../../src/sources/kernel/addresses/host-ends.ts';

describe('the other ends of the host’s interfaces', () => {
  test('are told by the interface that has gone, once', () => {
    const ends = new HostEnds<string>();
    ends.add('a', [1, 2]);
    // As of macvlans on one interface.
    ends.add('b', [2, 3]);
    expect([...ends.take(2)].sort()).toEqual(['a', 'b']);
    expect([...ends.take(2)]).toEqual([]);
    expect([...ends.take(1)]).toEqual(['a']);
    ends.add('c', [2]);
    expect([...ends.take(2)]).toEqual(['c']);
    expect([...ends.take(3)]).toEqual(['b']);
  });

  test('are nobody’s when who had them has gone', () => {
    const ends = new HostEnds<string>();
    ends.add('a', [1, 2]);
    ends.add('b', [2]);
    ends.remove('a');
    expect([...ends.take(1)]).toEqual([]);
    expect([...ends.take(2)]).toEqual(['b']);
    ends.remove('never there');
  });
});
