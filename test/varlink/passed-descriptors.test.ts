import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { VarlinkClient } from '../../src/varlink/index.ts';
import { give, message, startPassing, take, taking } from './passing-service.ts';

test('come with the reply that names their places, and are closed on the side that sent them', async () => {
  const { files, client } = await startPassing();
  const got = taking(files);
  expect(await client().call(give, { numbers: [2, 0, 2] }, got)).toEqual({ at: [0, 1, 2] });
  expect(got.files).toEqual([2, 0, 2]);
  await vi.waitFor(() => expect(files.inUse).toBe(0));
});

test.each([{}, { prepared: true }])('each go with their own reply where calls are pipelined (%o)', async (how) => {
  const { files, client } = await startPassing();
  const one = client();
  const numbers = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? [] : [index % 4, (index + 1) % 4]));
  const got = numbers.map(() => taking(files));
  const replies = await Promise.all(
    numbers.map((wanted, index) => one.call(give, { numbers: wanted, ...how }, got[index])),
  );
  expect(replies.map(({ at }) => at)).toEqual(numbers.map((wanted) => wanted.map((_, index) => index)));
  expect(got.map((each) => each.files)).toEqual(numbers);
  expect(files.inUse).toBe(0);
});

test('go with each of several replies', async () => {
  const { files, client } = await startPassing();
  const got = taking(files);
  const places: unknown[] = [];
  for await (const reply of client().stream('com.example.passing.Each', { numbers: [3, 1, 2] }, got)) {
    places.push([reply['at'], got.files.length]);
  }
  expect(got.files).toEqual([3, 1, 2]);
  expect(places.map((place) => (place as number[])[0])).toEqual([0, 0, 0, -1]);
});

test('wait in their place for a slow reader', async () => {
  const { files, client } = await startPassing();
  const one = client();
  const got = Array.from({ length: 12 }, () => taking(files));
  const replies = got.map((each, index) => one.call(give, { numbers: [index % 4], length: 300_000 }, each));
  expect((await Promise.all(replies)).map(({ text }) => (text as string).length)).toEqual(got.map(() => 300_000));
  expect(got.map((each) => each.files)).toEqual(got.map((_, index) => [index % 4]));
  expect(files.inUse).toBe(0);
});

test('are closed when who was to have them reads nothing and goes', async () => {
  const { files, raw, server } = await startPassing();
  const { stream } = raw();
  stream.pause();
  // A dozen of these go out together: the socket takes the first of them and not the last.
  for (let index = 0; index < 100; index++) stream.send(message(give, { numbers: [1, 2], length: 5000 }));
  await vi.waitFor(() => expect(files.inUse).toBeGreaterThan(0));
  stream.destroy();
  await vi.waitFor(() => expect(files.inUse).toBe(0));
  expect(server.connections).toBe(0);
});

test('are closed when the caller has gone before there is an answer', async () => {
  const { files, client, served } = await startPassing();
  const one = client();
  const call = one.call('com.example.passing.Later', { number: 1 }, taking(files));
  call.catch(() => {});
  await sleep(20);
  one.close();
  await sleep(20);
  served.let();
  await vi.waitFor(() => expect(served.ended).toBe(1));
  expect(files.inUse).toBe(0);
});

test('do not go with an error', async () => {
  const { files, client } = await startPassing();
  const got = taking(files);
  await expect(client().call(give, { numbers: [1], error: true }, got)).rejects.toThrow('Sorry');
  expect(got.files).toEqual([]);
  await vi.waitFor(() => expect(files.inUse).toBe(0));
});

test('are closed when nobody takes the reply: a call without answer, a reply that is late, a caller that wants none', async () => {
  const { files, client, served } = await startPassing();
  const one = client();
  one.oneway(give, { numbers: [1, 2] });
  const late = one.call('com.example.passing.Later', { number: 3 }, { ...taking(files), timeout: 20 });
  await expect(late).rejects.toThrow('no reply within 20 ms');
  served.let();
  expect(await one.call(give, { numbers: [1] })).toEqual({ at: [0] });
  await vi.waitFor(() => expect(files.inUse).toBe(0));
});

test('go with an answer that is given before the handler has ended, and those after it nowhere', async () => {
  const { files, client } = await startPassing();
  const got = taking(files);
  expect(await client().call('com.example.passing.Early', { number: 2 }, got)).toEqual({ at: 0 });
  expect(got.files).toEqual([2]);
  await vi.waitFor(() => expect(files.inUse).toBe(0));
});

test('are at most 253 in a reply', async () => {
  const { files, client, failures } = await startPassing();
  const one = client();
  const got = taking(files);
  await one.call(give, { numbers: Array(253).fill(1) }, got);
  expect(got.files).toHaveLength(253);
  await expect(one.call(give, { numbers: Array(254).fill(1) }, got)).rejects.toThrow('com.example.Failed');
  expect(String(failures)).toBe('RangeError: a reply has at most 253 descriptors');
  await vi.waitFor(() => expect(files.inUse).toBe(0));
});

test('cannot be passed over node:net, which is an error that says so, on either side', async () => {
  const { files, client, path, failures } = await startPassing({ net: true });
  await expect(client().call(give, { numbers: [1] }, taking(files))).rejects.toThrow('com.example.Failed');
  expect(String(failures)).toBe('TypeError: the transport passes no descriptors');
  const overNet = await VarlinkClient.connect(path);
  onTestFinished(() => overNet.close());
  const says = 'the transport passes no descriptors: node:net cannot';
  await expect(overNet.call(give, { numbers: [] }, taking(files))).rejects.toThrow(says);
  await expect(overNet.call(take, { at: [] }, { descriptors: [files.open(1)] })).rejects.toThrow(says);
  expect(await overNet.call(give, { numbers: [] })).toEqual({ at: [] });
  expect(files.inUse).toBe(0);
});
