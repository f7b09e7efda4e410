import { expect, it, vi } from 'vitest';
import { callWith, ScriptedBus } from './scripted-bus.ts';

it('answers many calls that came at once in their order, and lets others have their turn meanwhile', async () => {
  const script = new ScriptedBus();
  const bus = await script.connect();
  const before = script.received.length;
  let turns = 0;
  let paused = 0;
  const count = (): void => {
    turns += 1;
    if (script.paused) paused += 1;
    if (script.received.length < before + 200) setImmediate(count);
  };
  setImmediate(count);
  bus.serve(() => {
    const end = performance.now() + 0.3;
    while (performance.now() < end);
    return { signature: '', body: [] };
  });
  const calls = Array.from({ length: 200 }, (_, index) => callWith('', Buffer.alloc(0), 0, index + 1));
  script.say(Buffer.concat(calls));
  await vi.waitFor(() => expect(script.received.length).toBe(before + 200), 10_000);
  expect(script.received.slice(before).map(({ replySerial }) => replySerial)).toEqual(
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
  // 60 ms of work, at most 2 ms of it in a turn.
  expect(turns).toBeGreaterThan(15);
  expect(paused).toBeGreaterThan(15);
  expect(script.paused).toBe(false);
  bus.close();
});

it('forgets the calls that are left when the connection ends', async () => {
  const script = new ScriptedBus();
  const bus = await script.connect();
  let served = 0;
  bus.serve(() => {
    served += 1;
    const end = performance.now() + 3;
    while (performance.now() < end);
    return { signature: '', body: [] };
  });
  const ended = new Promise((resolve) => bus.onClosed(resolve));
  const calls = Array.from({ length: 10 }, (_, index) => callWith('', Buffer.alloc(0), 0, index + 1));
  script.say(Buffer.concat(calls));
  script.destroy();
  await ended;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(served).toBe(1);
});
