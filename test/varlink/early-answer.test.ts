import { expect, test, vi } from 'vitest';
import { errorsOf, implement, VarlinkError } from '../../src/varlink/index.ts';
import { RawPeer, startServer } from './raw-peer.ts';

const description = `interface com.example.early
method Work(then: (resolve, return, throw, fail, more)) -> (step: string)
method Next() -> (step: string)
error Sad()`;

const sad = errorsOf(description)('Sad');

/** A service whose handler answers at once and ends when it is let. */
async function service() {
  let finish = (): void => {};
  const working = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const onInternalError = vi.fn(() => new VarlinkError('com.example.Broken', {}));
  const early = implement(description, {
    Work({ then }, call) {
      call.answer({ step: 'answered' });
      call.answer({ step: 'answered twice' });
      const ends: Record<string, () => unknown> = {
        resolve: () => working.then(() => ({ step: 'ended' })),
        return: () => ({ step: 'ended' }),
        throw: () => {
          throw new Error('too late');
        },
        fail: () => working.then(() => Promise.reject(sad)),
        more: () => several(),
      };
      return ends[then]?.() as never;
    },
    Next: () => ({ step: 'next' }),
  });
  const { path } = await startServer([early], { onInternalError });
  return { peer: await RawPeer.connect(path), finish, onInternalError };
}

function* several(): Generator<{ step: string }, { step: string }, void> {
  yield { step: 'one' };
  return { step: 'two' };
}

const work = (then: string, more = {}) => ({ method: 'com.example.early.Work', parameters: { then }, ...more });
const next = { method: 'com.example.early.Next' };

test('is there before the handler has ended; the next call is taken after that', async () => {
  const { peer, finish } = await service();
  peer.send(work('resolve'), next);
  expect(await peer.messages(1)).toBe('{"parameters":{"step":"answered"}}|');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(peer.received).toBe('{"parameters":{"step":"answered"}}|');
  finish();
  expect(await peer.messages(2)).toBe('{"parameters":{"step":"answered"}}|{"parameters":{"step":"next"}}|');
});

test.each(['return', 'more'])('is the last one, when the handler ends with "%s"', async (how) => {
  const { peer } = await service();
  peer.send(work(how, { more: true }), next);
  expect(await peer.messages(2)).toBe('{"parameters":{"step":"answered"}}|{"parameters":{"step":"next"}}|');
});

test.each(['throw', 'fail'])('hides no failure that comes after it ("%s"): that is reported, not sent', async (how) => {
  const { peer, finish, onInternalError } = await service();
  peer.send(work(how), next);
  finish();
  expect(await peer.messages(2)).toBe('{"parameters":{"step":"answered"}}|{"parameters":{"step":"next"}}|');
  expect(onInternalError).toHaveBeenCalledTimes(1);
});

test('hides no failure from who looks after the service when the caller has gone', async () => {
  const { peer, finish, onInternalError } = await service();
  peer.send(work('fail'));
  await peer.messages(1);
  peer.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  finish();
  await vi.waitFor(() => expect(onInternalError).toHaveBeenCalledExactlyOnceWith(sad, expect.anything()));
});

test('is not sent to a caller that takes no reply', async () => {
  const { peer, finish } = await service();
  peer.send(work('resolve', { oneway: true }), next);
  finish();
  expect(await peer.messages(1)).toBe('{"parameters":{"step":"next"}}|');
});
