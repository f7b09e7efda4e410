import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  ConnectionError,
  errorsOf,
  implement,
  ProtocolError,
  VarlinkClient,
  VarlinkError,
} from '../../src/varlink/index.ts';
import { socketPath, startServer } from './raw-peer.ts';

const description = `interface com.example.test
method Echo(text: string) -> (text: string)
method Slow(text: string, ms: int) -> (text: string)
method Count(to: int, padding: ?int) -> (n: int, text: ?string)
method Wait() -> (n: int)
error Sad(why: string)`;

const fail = errorsOf(description);

async function start() {
  const done: string[] = [];
  const service = implement(description, {
    Echo({ text }) {
      done.push(text);
      return text === 'sad' ? fail('Sad', { why: 'just so' }) : { text };
    },
    async Slow({ text, ms }) {
      await sleep(ms);
      return { text };
    },
    *Count({ to, padding }) {
      for (let n = 1; n < to; n++) {
        done.push(`${n}`);
        yield { n, text: padding ? 'x'.repeat(padding) : undefined };
      }
      return { n: to };
    },
    async *Wait(_parameters, { signal }) {
      yield { n: 1 };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      done.push('aborted');
      return { n: 2 };
    },
  });
  const { address, server } = await startServer([service]);
  const client = await VarlinkClient.connect(address);
  onTestFinished(() => client.close());
  return { client, address, server, done };
}

const echo = 'com.example.test.Echo';
const slow = 'com.example.test.Slow';
const count = 'com.example.test.Count';

describe('a call', () => {
  test('gives the parameters of the reply', async () => {
    const { client } = await start();
    expect(await client.call(echo, { text: 'h\u00e9' })).toEqual({ text: 'h\u00e9' });
  });

  test('is rejected with the error that the service gives', async () => {
    const { client } = await start();
    const error = await client.call(echo, { text: 'sad' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VarlinkError);
    expect(error).toMatchObject({ error: 'com.example.test.Sad', parameters: { why: 'just so' } });
    await expect(client.call('a.b.C')).rejects.toThrow('org.varlink.service.MethodNotFound {"method":"a.b.C"}');
  });

  test('need not wait for the one before', async () => {
    const { client } = await start();
    const calls = ['1', '2', '3'].map((text, index) => client.call(slow, { text, ms: 20 - 10 * index }));
    expect(await Promise.all(calls)).toEqual([{ text: '1' }, { text: '2' }, { text: '3' }]);
  });

  test('is given up after its time, and the late reply goes to nobody', async () => {
    const { client } = await start();
    const late = client.call(slow, { text: 'late', ms: 60 }, { timeout: 20 });
    const next = client.call(echo, { text: 'next' });
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError', message: 'no reply within 20 ms' });
    expect(await next).toEqual({ text: 'next' });
    expect(client.open).toBe(true);
  });

  test('is given up when the signal says so, and not made when it has said so before', async () => {
    const { client, done } = await start();
    const controller = new AbortController();
    const call = client.call(slow, { text: 'x', ms: 60 }, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(client.call(echo, { text: 'never' }, { signal: controller.signal })).rejects.toBe(reason);
    expect(await client.call(echo, { text: 'next' })).toEqual({ text: 'next' });
    expect(done).toEqual(['next']);
  });

  test('leaves nothing behind on a signal that lives on', async () => {
    const { client } = await start();
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const add = vi.spyOn(signal, 'addEventListener');
    for (let round = 0; round < 5; round++) await client.call(echo, { text: 'x' }, { signal, timeout: 1000 });
    expect(add).toHaveBeenCalledTimes(5);
    expect(remove).toHaveBeenCalledTimes(5);
  });

  test('of 16 MB comes through, and its reply too', async () => {
    const { client } = await start();
    const text = 'x'.repeat(16_000_000);
    expect((await client.call(echo, { text }))['text']).toHaveLength(text.length);
  });

  test('cannot be made after the end', async () => {
    const { client } = await start();
    const pending = client.call(slow, { text: 'x', ms: 50 });
    client.close();
    await expect(pending).rejects.toThrow('the connection was closed');
    expect(client.open).toBe(false);
    await expect(client.call(echo, { text: 'x' })).rejects.toBeInstanceOf(ConnectionError);
    expect(() => client.oneway(echo, { text: 'x' })).toThrow(ConnectionError);
  });

  test('with parameters that are no JSON is refused, and the connection stays', async () => {
    const { client } = await start();
    await expect(client.call(echo, { text: 1n })).rejects.toThrow(TypeError);
    expect(await client.call(echo, { text: 'x' })).toEqual({ text: 'x' });
  });
});

test('a oneway call is made, and gives nothing', async () => {
  const { client, done } = await start();
  client.oneway(echo, { text: 'silent' });
  client.oneway(echo, { text: 'sad' });
  await client.call(echo, { text: 'loud' });
  expect(done).toEqual(['silent', 'sad', 'loud']);
});

test('what was sent before the end goes out, though the service is slow to read it', async () => {
  const { client, done } = await start();
  const text = 'x'.repeat(3_000_000);
  for (let count = 0; count < 5; count++) client.oneway(echo, { text });
  client.oneway(echo, { text: 'last' });
  client.close();
  await vi.waitFor(() => expect(done.at(-1)).toBe('last'), { timeout: 5000 });
  expect(done).toHaveLength(6);
});

describe('a stream', () => {
  test('gives each reply, the last one too, and the connection goes on', async () => {
    const { client } = await start();
    const stream = client.stream(count, { to: 3 });
    const replies = [];
    for await (const reply of stream) replies.push(reply);
    expect(replies).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await client.call(echo, { text: 'x' })).toEqual({ text: 'x' });
  });

  test('may be left at the last reply', async () => {
    const { client } = await start();
    for await (const { n } of client.stream(count, { to: 3 })) if (n === 3) break;
    expect(client.open).toBe(true);
  });

  test('that is left before closes the connection, and the service hears of it', async () => {
    const { client, server, done } = await start();
    const pending = { rejected: undefined as unknown };
    for await (const { n } of client.stream('com.example.test.Wait')) {
      expect(n).toBe(1);
      client.call(echo, { text: 'x' }).catch((error: unknown) => {
        pending.rejected = error;
      });
      break;
    }
    expect(client.open).toBe(false);
    await vi.waitFor(() => expect(done).toEqual(['aborted']));
    expect(server.connections).toBe(0);
    expect(pending.rejected).toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('left before'),
    });
  });

  test('that was never asked for a reply was never called', async () => {
    const { client, done } = await start();
    await client.stream(count, { to: 3 }).return();
    await client.call(echo, { text: 'x' });
    expect(done).toEqual(['x']);
  });

  test('ends with the error that the service gives', async () => {
    const { client } = await start();
    await expect(client.stream(count, { to: 'x' }).next()).rejects.toMatchObject({
      error: 'org.varlink.service.InvalidParameter',
    });
    expect(client.open).toBe(true);
  });

  test('waits for each reply as long as it may', async () => {
    const { client } = await start();
    const stream = client.stream('com.example.test.Wait', {}, { timeout: 50 });
    expect(await stream.next()).toEqual({ done: false, value: { n: 1 } });
    await expect(stream.next()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(client.open).toBe(false);
  });

  test('is ended by its signal', async () => {
    const { client } = await start();
    const controller = new AbortController();
    const stream = client.stream('com.example.test.Wait', {}, { signal: controller.signal });
    await stream.next();
    setTimeout(() => controller.abort(), 10);
    await expect(stream.next()).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('that is read slowly slows the service, and nothing is lost', async () => {
    const { client, done } = await start();
    let n = 0;
    for await (const reply of client.stream(count, { to: 20_000, padding: 500 })) {
      if (++n === 1) {
        await sleep(100);
        expect(done.length).toBeLessThan(5000);
      }
      expect(reply['n']).toBe(n);
    }
    expect(n).toBe(20_000);
  });
});

describe('connecting', () => {
  test('is given up when the signal says so', async () => {
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    await expect(VarlinkClient.connect(socketPath(), options)).rejects.toBe(reason);
  });

  test('needs an address that is one', async () => {
    await expect(VarlinkClient.connect('tcp:localhost:1')).rejects.toThrow(TypeError);
  });
});

describe('an interface', () => {
  test('is called by the short names of its methods', async () => {
    const { client } = await start();
    const service = client.use(description);
    expect(await service.call('Echo', { text: 'x' })).toEqual({ text: 'x' });
    const replies = [];
    for await (const { n } of service.stream('Count', { to: 2 })) replies.push(n);
    expect(replies).toEqual([1, 2]);
    service.oneway('Echo', { text: 'y' });
    await expect(service.call('Nope')).rejects.toThrow('com.example.test has no method Nope');
  });

  test('has its replies checked, where fields that are not known may be there', async () => {
    const { client } = await start();
    const narrow = client.use('interface com.example.test method Echo(text: string) -> (text: int)');
    const error = await narrow.call('Echo', { text: 'x' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: 'the reply of com.example.test.Echo has a bad text' });
    const short = client.use('interface com.example.test method Echo(text: string) -> ()');
    expect(await short.call('Echo', { text: 'x' })).toEqual({ text: 'x' });
  });
});
