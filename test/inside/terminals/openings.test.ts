import { describe, expect, it } from 'vitest';
import { Openings } from '../../../src/inside/terminals/openings.ts';

/** Something that is opened when it is let. */
class Opening {
  begun = false;
  readonly result: Promise<string>;
  #finish: (value: string) => void = () => {};

  constructor(openings: Openings, uid: number, left?: AbortSignal) {
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
const begun = (...openings: Opening[]) => openings.map((opening) => opening.begun);

describe('terminals that are being opened', () => {
  it('are a few at a time, the others in their order', async () => {
    const openings = new Openings({ atOnce: 2, ofUser: 10, inAll: 10 });
    const [a, b, c, d] = [0, 0, 0, 0].map((uid) => new Opening(openings, uid)) as [Opening, Opening, Opening, Opening];
    await turn();
    expect(begun(a, b, c, d)).toEqual([true, true, false, false]);
    await b.finish();
    expect(begun(a, b, c, d)).toEqual([true, true, true, false]);
    await a.finish();
    await d.finish();
    await c.finish();
    expect(await c.result).toBe('opened');
  });

  it('are so many of one user and in all, and no more', async () => {
    const openings = new Openings({ atOnce: 1, ofUser: 2, inAll: 3 });
    const [first, second, third] = [1, 1, 2].map((uid) => new Opening(openings, uid)) as [Opening, Opening, Opening];
    for (const uid of [1, 2, 3]) {
      await expect(new Opening(openings, uid).result).rejects.toMatchObject({ code: 'too-many-operations' });
    }
    await first.finish();
    const again = new Opening(openings, 1);
    for (const opening of [second, third, again]) await opening.finish();
  });

  it('give their place to the next one also when they fail', async () => {
    const openings = new Openings({ atOnce: 1, ofUser: 2, inAll: 2 });
    const failing = openings.run({ uid: 0 }, () => Promise.reject(new Error('no')));
    const next = new Opening(openings, 0);
    await expect(failing).rejects.toThrow('no');
    await turn();
    expect(next.begun).toBe(true);
    await next.finish();
  });

  it('are left out when their caller has left while they waited', async () => {
    const openings = new Openings({ atOnce: 1, ofUser: 5, inAll: 5 });
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
