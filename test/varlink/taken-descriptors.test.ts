import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { dup } from '../linux/descriptors.ts';
import { message, startPassing, take } from './passing-service.ts';

test('come with a call: taken once, and closed where they are not taken', async () => {
  const { files, client } = await startPassing({ maximumDescriptors: 8 });
  const one = client();
  const send = (...numbers: number[]) => ({ descriptors: numbers.map((number) => files.open(number)) });
  expect(await one.call(take, { at: [1, 0, 1, 2] }, send(3, 2))).toEqual({ files: [2, 3, -1, -1] });
  expect(await one.call(take, { at: [] }, send(0, 1, 2))).toEqual({ files: [] });
  expect(await one.call(take, { at: [0] })).toEqual({ files: [-1] });
  expect(files.inUse).toBe(0);
  const calls = [[], [1], [2, 3], [], [0]].map((numbers) => one.call(take, { at: [0, 1] }, send(...numbers)));
  expect((await Promise.all(calls)).map((reply) => reply['files'])).toEqual([
    [-1, -1],
    [1, -1],
    [2, 3],
    [-1, -1],
    [0, -1],
  ]);
  expect(files.inUse).toBe(0);
});

test('belong to the message that they came with, where that comes in pieces', async () => {
  const { files, raw } = await startPassing({ maximumDescriptors: 8 });
  const { stream, text } = raw();
  const call = message(take, { at: [0, 1] });
  stream.send(call);
  stream.send(call.subarray(0, 5), [files.open(1)]);
  await sleep(20);
  stream.send(call.subarray(5));
  await vi.waitFor(() => expect(text()).toBe('{"parameters":{"files":[-1,-1]}}|{"parameters":{"files":[1,-1]}}|'));
  expect(files.inUse).toBe(0);
});

test('are never taken by a server that has not asked for them', async () => {
  const { files, client, raw } = await startPassing();
  expect(await client().call(take, { at: [0] }, { descriptors: [files.open(1)] })).toEqual({ files: [-1] });
  const { stream } = raw();
  for (let index = 0; index < 50; index++)
    stream.send(Buffer.from(index === 0 ? '{' : ' '), Array(253).fill(files.open(1)));
  await sleep(50);
  expect(files.inUse).toBe(0);
});

test('are refused by a listener that wants none (Linux 6.16)', async ({ skip }) => {
  const { files, raw } = await startPassing({ refuseDescriptors: true });
  const { stream, over } = raw();
  stream.send(message(take, { at: [0] }), [files.open(1)]);
  await sleep(50);
  expect(files.inUse).toBe(0);
  if (!over()) skip('this kernel is older, and drops them');
});

test('do not pile up: who sends more than may wait is shut out, and others are not', async () => {
  const { files, raw, client, server } = await startPassing({ maximumDescriptors: 253 });
  const honest = client();
  for (let round = 0; round < 10; round++) {
    const { stream, over } = raw();
    let most = 0;
    for (let index = 0; index < 10 && !over(); index++) {
      stream.send(
        Buffer.from(index === 0 ? '{' : ' '),
        Array.from({ length: 253 }, () => dup(0)),
      );
      await sleep(1);
      most = Math.max(most, index);
    }
    await vi.waitFor(() => expect(over()).toBe(true));
    expect(most).toBeLessThan(9);
  }
  expect(await honest.call(take, { at: [0] }, { descriptors: [files.open(2)] })).toEqual({ files: [2] });
  expect(server.connections).toBe(1);
  expect(files.inUse).toBe(0);
});
