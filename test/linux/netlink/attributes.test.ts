import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Attributes } from '../../../src/linux/netlink/attributes.ts';
import { NetlinkFormatError } from '../../../src/linux/netlink/netlink-error.ts';

/** A view in the middle of a larger buffer, as a message is in the receive buffer. */
function viewOf(bytes: Uint8Array | number[]): DataView {
  const surrounded = new Uint8Array(bytes.length + 128).fill(0xee);
  surrounded.set(bytes, 64);
  return new DataView(surrounded.buffer, 64, bytes.length);
}

// Lengths and types as they stand in memory on a little-endian machine; the project's machines are.
const NAME = [8, 0, 3, 0, 0x65, 0x74, 0x68, 0];
const INDEX = [8, 0, 5, 0, 0xfe, 0xff, 0xff, 0xff];

describe('a cursor over attributes', () => {
  test('steps over padding, and reads numbers, strings and bytes', () => {
    const attributes = new Attributes(viewOf([...NAME, 7, 0, 1, 0, 1, 2, 3, 0, ...INDEX]));
    expect(attributes.next()).toBe(true);
    expect([attributes.type, attributes.length, attributes.string()]).toEqual([3, 4, 'eth']);
    expect(attributes.next()).toBe(true);
    expect(attributes.bytes()).toEqual(Uint8Array.of(1, 2, 3));
    expect(attributes.next()).toBe(true);
    expect([attributes.i32(), attributes.u32()]).toEqual([-2, 0xfffffffe]);
    expect(attributes.next()).toBe(false);
    expect(attributes.next()).toBe(false);
  });

  test('begins after the fixed part, which is padded too', () => {
    const attributes = new Attributes(viewOf([9, 0, 0, 0, ...NAME]), 1);
    expect(attributes.next() && attributes.string()).toBe('eth');
  });

  test('goes into a nested attribute and not beyond it, and leaves the flag bits out of the type', () => {
    const outer = new Attributes(viewOf([12, 0, 7, 0x80, ...NAME, ...INDEX]));
    outer.next();
    const inner = outer.nested();
    expect([outer.type, inner.next(), inner.type, inner.next()]).toEqual([7, true, 3, false]);
    expect(outer.next() && outer.type).toBe(5);
  });

  test('a string may end without a NUL', () => {
    const attributes = new Attributes(viewOf([6, 0, 3, 0, 0x6c, 0x6f]));
    expect(attributes.next() && attributes.string()).toBe('lo');
  });

  test.each([
    ['shorter than its header', [3, 0, 1, 0], '3 bytes long'],
    ['of length 0', [0, 0, 1, 0], '0 bytes long'],
    ['longer than what is left', [9, 0, 1, 0, 1, 2, 3, 4], '9 bytes long, of 8 left'],
    ['with half a header', [...NAME, 8, 0, 1], '3 bytes at 8'],
  ])('an attribute %s is refused', (_, bytes, message) => {
    const attributes = new Attributes(viewOf(bytes));
    expect(() => {
      while (attributes.next());
    }).toThrow(message);
  });

  test('a number needs its bytes, a fixed part too', () => {
    const attributes = new Attributes(viewOf([6, 0, 9, 0, 1, 2, 0, 0]));
    attributes.next();
    expect(() => attributes.u32()).toThrow('attribute 9 has 2 bytes, not 4');
    expect(() => attributes.i32()).toThrow(NetlinkFormatError);
    expect(() => new Attributes(viewOf([1, 2]), 8)).toThrow('shorter than its fixed part of 8');
  });

  test('whatever the bytes are, nothing outside them is read and nothing but a format error is thrown', () => {
    // Mostly true lengths and padding, so that the cursor gets far, with a lie now and then.
    const lie = fc.oneof(
      { arbitrary: fc.constant(0), weight: 6 },
      { arbitrary: fc.integer({ min: -9, max: 9 }), weight: 1 },
    );
    const attribute = fc
      .tuple(fc.uint8Array({ maxLength: 24, size: 'max' }), fc.nat(0xffff), lie)
      .map(([payload, type, error]) => {
        const length = Math.max(0, payload.length + 4 + error);
        return [length, 0, type & 0xff, type >> 8, ...payload, ...new Uint8Array(-payload.length & 3)];
      });
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200, size: 'max' }),
      fc.array(attribute, { maxLength: 8, size: 'max' }).map((parts) => parts.flat()),
    );
    let steps = 0;
    fc.assert(
      fc.property(anything, fc.oneof(fc.constant(0), fc.nat(20)), (bytes, offset) => {
        const first = walk(viewOf(bytes), offset);
        steps += first.length;
        // The same bytes with other surroundings: what differed would have been read from there.
        const view = viewOf(bytes);
        new Uint8Array(view.buffer).fill(0x11, 0, 64).fill(0x11, 64 + bytes.length);
        expect(walk(view, offset)).toEqual(first);
      }),
      { numRuns: 3000 },
    );
    expect(steps).toBeGreaterThan(10_000);
  });
});

/** Reads everything in every way. Steps are counted: a cursor that does not advance must not run for ever. */
function walk(view: DataView, offset: number): unknown[] {
  const seen: unknown[] = [];
  const attempt = (read: () => unknown) => {
    try {
      seen.push(read());
    } catch (error) {
      if (!(error instanceof NetlinkFormatError)) throw error;
      seen.push(error.message);
    }
  };
  attempt(() => {
    const attributes = new Attributes(view, offset);
    while (attributes.next()) {
      seen.push(attributes.type, attributes.length);
      attempt(() => attributes.u32());
      attempt(() => attributes.i32());
      attempt(() => attributes.string());
      attempt(() => attributes.bytes());
      attempt(() => {
        const inner = attributes.nested();
        while (inner.next()) seen.push(inner.type, inner.bytes());
      });
      if (seen.length > 10_000) throw new Error('the cursor does not advance');
    }
  });
  return seen;
}
