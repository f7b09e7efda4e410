import { describe, expect, it } from 'vitest';
import { BoundedQueue, type QueueLimits } from '../../src/inside/bounded-queue.ts';
import { MachineError } from '../../src/machine/errors.ts';

/** Something that is opened when it is let. */
class Opening {
  begun = false;
  readonly result: Promise<string>;
  #finish: (value: string) => void = () => {};

  constructor(openings: BoundedQueue, uid: number, left?: AbortSignal) {
    this.result = openings.run({ uid, ...(left && { left }) }, () => {
      this.begun = true;
      return new Promise((resolve) => {
        this.#finish = resolve;
      });
    });
    this.result.catch(() => {});
  }

  async finish(): Promise<void> {
    this.#finish('opened');
    await this.result;
    await turn();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const queueOf = (limits: QueueLimits) => new BoundedQueue(limits, () => new MachineError('too-many-operations', 'no'));
const begun = (...openings: Opening[]) => openings.map((opening) => opening.begun);

describe('what takes long', () => {
  it('is done a few at a time, the others in their order', async () => {
    const openings = queueOf({ atOnce: 2, ofUser: 10, inAll: 10 });
    const [a, b, c, d] = [1, 0, 0, 1].map((uid) => new Opening(openings, uid)) as [Opening, Opening, Opening, Opening];
    await turn();
    expect(begun(a, b, c, d)).toEqual([true, true, false, false]);
    await b.finish();
    expect(begun(a, b, c, d)).toEqual([true, true, true, false]);
    await a.finish();
    await d.finish();
    await c.finish();
    expect(await c.result).toBe('opened');
  });

  it('is first that of who has least of it', async () => {
    const openings = queueOf({ atOnce: 2, ofUser: 10, inAll: 10 });
    const [a, b, c, d, e] = [1, 1, 1, 1, 2].map((uid) => new Opening(openings, uid)) as [
      ...[Opening, Opening, Opening, Opening, Opening],
    ];
    await a.finish();
    expect(begun(b, c, d, e)).toEqual([true, false, false, true]);
    const root = new Opening(openings, 0);
    await b.finish();
    expect(begun(c, d, root)).toEqual([true, false, false]);
    await c.finish();
    expect(begun(d, root)).toEqual([true, false]);
    for (const opening of [e, root, d]) await opening.finish();
  });

  it('leaves a place for root', async () => {
    const openings = queueOf({ atOnce: 2, atOnceOfUsers: 1, ofUser: 10, inAll: 10 });
    const [a, b, root, last] = [1, 2, 0, 0].map((uid) => new Opening(openings, uid)) as [
      Opening,
      Opening,
      Opening,
      Opening,
    ];
    await turn();
    expect(begun(a, b, root, last)).toEqual([true, false, true, false]);
    await root.finish();
    expect(begun(b, last)).toEqual([false, true]);
    await last.finish();
    await a.finish();
    expect(begun(b)).toEqual([true]);
    await b.finish();
  });

  it('is so much of one user and in all, and no more, but for root', async () => {
    const openings = queueOf({ atOnce: 1, ofUser: 2, inAll: 3 });
    const [first, second, third] = [1, 1, 2].map((uid) => new Opening(openings, uid)) as [Opening, Opening, Opening];
    for (const uid of [1, 2, 3]) {
      await expect(new Opening(openings, uid).result).rejects.toMatchObject({ code: 'too-many-operations' });
    }
    const roots = Array.from({ length: 4 }, () => new Opening(openings, 0));
    await first.finish();
    // Root takes nobody's place.
    const again = new Opening(openings, 1);
    for (const opening of [second, third, ...roots, again]) await opening.finish();
  });

  it('gives its place to the next one also when it fails', async () => {
    const openings = queueOf({ atOnce: 1, ofUser: 2, inAll: 2 });
    const failing = openings.run({ uid: 0 }, () => Promise.reject(new Error('no')));
    const next = new Opening(openings, 0);
    await expect(failing).rejects.toThrow('no');
    await turn();
    expect(next.begun).toBe(true);
    await next.finish();
  });

  it('is left out when its caller has left while it waited', async () => {
    const openings = queueOf({ atOnce: 1, ofUser: 5, inAll: 5 });
    const first = new Opening(openings, 0);
    const caller = new AbortController();
    const left = new Opening(openings, 0, caller.signal);
    const next = new Opening(openings, 0);
    caller.abort();
    await expect(left.result).rejects.toMatchObject({ code: 'not-available' });
    await expect(new Opening(openings, 0, caller.signal).result).rejects.toMatchObject({ code: 'not-available' });
    await first.finish();
    expect(begun(left, next)).toEqual([false, true]);
    await next.finish();
    const last = new Opening(openings, 0);
    await turn();
    expect(last.begun).toBe(true);
    await last.finish();
  });
});
