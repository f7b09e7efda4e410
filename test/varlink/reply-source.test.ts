import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import {
  type Continuing,
  implement,
  PreparedReplies,
  PreparedReply,
  type ReplySource,
  type ServerOptions,
  VarlinkError,
} from '../../src/varlink/index.ts';
import { RawPeer, startServer } from './raw-peer.ts';

const description = `interface com.example.test
method Watch(later: ?int, fail: ?string) -> (n: int, text: ?string)
method Prepared(text: string) -> (text: ?string)
method Ping() -> ()`;

interface Count {
  readonly n: number;
  readonly text?: string;
}

/** Replies that the test puts in, and what became of it. */
class Source implements ReplySource<Count> {
  readonly entries: string[] = [];
  readonly replies: (Continuing<Count> | VarlinkError | Error | undefined)[] = [];
  readonly fail: string | undefined;
  asked = 0;
  ready: () => void = () => {};

  constructor(fail: string | undefined) {
    this.fail = fail;
  }

  open(ready: () => void): void {
    this.entries.push('open');
    this.ready = ready;
    if (this.fail === 'open') throw new VarlinkError('com.example.test.Unopened');
  }

  next(): IteratorResult<Continuing<Count>, Count> | undefined {
    this.asked++;
    if (this.replies.length === 0) return undefined;
    const reply = this.replies.shift();
    if (reply instanceof Error) throw reply;
    return reply === undefined ? { value: { n: 0 }, done: true } : { value: reply, done: false };
  }

  close(): void {
    this.entries.push('close');
    if (this.fail === 'close') throw new Error('a failure in closing');
  }

  put(...replies: Source['replies']): void {
    this.replies.push(...replies);
    this.ready();
  }
}

let sources: Source[] = [];

async function start(options: ServerOptions = {}) {
  sources = [];
  const service = implement(description, {
    Watch({ later, fail }) {
      const source = new Source(fail);
      sources.push(source);
      return later ? sleep(later, source) : source;
    },
    Prepared: ({ text }) =>
      text === 'several' ? (new PreparedReplies([]) as never) : new PreparedReply(text === '' ? {} : { text }),
    Ping() {},
  });
  const { path, server } = await startServer([service], options);
  const peer = await RawPeer.connect(path);
  const watch = async (parameters = {}, more = true): Promise<Source> => {
    peer.send(call('Watch', parameters, more));
    const count = sources.length + 1;
    await vi.waitFor(() => expect(sources).toHaveLength(count), { interval: 1 });
    return sources.at(-1) as Source;
  };
  return { path, server, peer, watch, opened: (source: Source) => vi.waitFor(() => expect(source.asked).toBe(1)) };
}

const call = (name: string, parameters = {}, more = true) => ({ method: `com.example.test.${name}`, parameters, more });

describe('a source of replies', () => {
  test.each([0, 20])('gives what there is at one time together, and a last one (%d ms later)', async (later) => {
    const { peer, watch, opened } = await start();
    const source = await watch({ later });
    await opened(source);
    const chunks: string[] = [];
    peer.socket.on('data', (chunk) => chunks.push(chunk.toString()));
    source.put({ n: 1 }, new PreparedReply({ n: 2 }), { n: 3 });
    await peer.messages(3);
    expect(chunks).toHaveLength(1);
    source.put({ n: 4 }, undefined);
    peer.send(call('Ping'));
    const all = [1, 2, 3, 4].map((n) => `{"parameters":{"n":${n}},"continues":true}|`).join('');
    expect(await peer.messages(6)).toBe(`${all}{"parameters":{"n":0}}|{}|`);
    expect(source.entries).toEqual(['open']);
  });

  test.each([0, 20])('is not opened for a call without more (%d ms later)', async (later) => {
    const { peer, watch } = await start();
    const source = await watch({ later }, false);
    expect(await peer.messages(1)).toBe('{"error":"org.varlink.service.ExpectedMore"}|');
    expect(source.entries).toEqual([]);
  });

  test('is asked for nothing while the peer does not read, and goes on afterwards', async () => {
    const { peer, watch, opened } = await start();
    const source = await watch();
    await opened(source);
    peer.socket.pause();
    const text = 'x'.repeat(1000);
    source.put(...Array.from({ length: 10_000 }, (_, n) => ({ n, text })));
    await sleep(100);
    const asked = source.asked;
    expect(asked).toBeLessThan(2000);
    source.ready();
    await sleep(50);
    expect(source.asked).toBe(asked);
    peer.socket.resume();
    const received = await peer.messages(10_000);
    expect(received.match(/"n":\d+/g)).toEqual(Array.from({ length: 10_000 }, (_, n) => `"n":${n}`));
  });

  test.each([false, true])('is closed when the peer goes (it was slow: %s)', async (slow) => {
    const { peer, watch, opened, server } = await start();
    const source = await watch();
    await opened(source);
    if (slow) {
      peer.socket.pause();
      source.put(...Array.from({ length: 10_000 }, (_, n) => ({ n, text: 'x'.repeat(1000) })));
    }
    peer.socket.destroy();
    await vi.waitFor(() => expect(source.entries).toEqual(['open', 'close']));
    await vi.waitFor(() => expect(server.connections).toBe(0));
    source.put({ n: 1 });
    await sleep(20);
    expect(source.entries).toEqual(['open', 'close']);
  });

  test('is not kept open when the peer has gone before it came', async () => {
    const { peer, watch, server } = await start();
    const source = await watch({ later: 100 });
    peer.socket.destroy();
    await vi.waitFor(() => expect(server.connections).toBe(0));
    await sleep(150);
    // node:net tells of the end only when it is asked to read or write.
    expect([[], ['open', 'close']]).toContainEqual(source.entries);
  });

  test('is closed with the server', async () => {
    const { watch, opened, server, peer } = await start();
    const source = await watch();
    await opened(source);
    server.close();
    await peer.end();
    expect(source.entries).toEqual(['open', 'close']);
  });

  test('ends with the error that it throws, and is closed', async () => {
    const { peer, watch, opened } = await start();
    const source = await watch();
    await opened(source);
    source.put({ n: 1 }, new VarlinkError('com.example.test.Bad'), { n: 2 });
    peer.send(call('Ping'));
    expect(await peer.messages(3)).toBe('{"parameters":{"n":1},"continues":true}|{"error":"com.example.test.Bad"}|{}|');
    expect(source.entries).toEqual(['open', 'close']);
  });

  test('that cannot be opened ends with the error', async () => {
    const { peer, watch } = await start();
    await watch({ fail: 'open' });
    expect(await peer.send(call('Ping')).messages(2)).toBe('{"error":"com.example.test.Unopened"}|{}|');
  });

  test('whose failure is no error of Varlink is reported, in closing too', async () => {
    const onInternalError = vi.fn(() => new VarlinkError('com.example.Broken'));
    const { peer, watch, opened } = await start({ onInternalError });
    const source = await watch({ fail: 'close' });
    await opened(source);
    source.put(new Error('a secret'));
    expect(await peer.messages(1)).toBe('{"error":"com.example.Broken"}|');
    expect(onInternalError.mock.calls.map(([error]: unknown[]) => (error as Error).message)).toEqual([
      'a secret',
      'a failure in closing',
    ]);
  });
});

test('several prepared replies are what the replies would be, in their place, for any number of peers', async () => {
  const { peer, watch, opened, path } = await start();
  const several = new PreparedReplies<Count>([new PreparedReply({ n: 2, text: 'ä' }), new PreparedReply({ n: 3 })]);
  const expected = '{"parameters":{"n":2,"text":"ä"},"continues":true}|{"parameters":{"n":3},"continues":true}|';
  const line = (n: number) => `{"parameters":{"n":${n}},"continues":true}|`;
  const source = await watch();
  await opened(source);
  source.put({ n: 1 }, several, { n: 4 }, several, several, { n: 5 }, undefined);
  expect(await peer.messages(10)).toBe(
    `${line(1)}${expected}${line(4)}${expected}${expected}${line(5)}{"parameters":{"n":0}}|`,
  );
  const other = await RawPeer.connect(path);
  other.send(call('Watch'));
  await vi.waitFor(() => expect(sources.length).toBe(2));
  await opened(sources[1] as Source);
  sources[1]?.put(several);
  expect(await other.messages(2)).toBe(expected);
});

test('several prepared replies that a slow reader does not take are all there in the end', async () => {
  const { peer, watch, opened } = await start();
  const source = await watch();
  await opened(source);
  peer.socket.pause();
  const several = new PreparedReplies<Count>(
    Array.from({ length: 100 }, (_, n) => new PreparedReply({ n, text: 'x'.repeat(10_000) })),
  );
  source.put(...Array.from({ length: 10 }, () => several));
  await sleep(50);
  expect(source.asked).toBeLessThan(5);
  peer.socket.resume();
  const received = await peer.messages(1000);
  expect(received.match(/"n":\d+/g)).toEqual(Array.from({ length: 1000 }, (_, n) => `"n":${n % 100}`));
});

test('several prepared replies cannot be the last', async () => {
  const onInternalError = vi.fn(() => new VarlinkError('com.example.Broken'));
  const { peer } = await start({ onInternalError });
  expect(await peer.send(call('Prepared', { text: 'several' })).messages(1)).toBe('{"error":"com.example.Broken"}|');
  expect(onInternalError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
});

test('a prepared reply is what the reply would be', async () => {
  const { peer } = await start();
  const text = 'ä"\u0001';
  peer.send(call('Prepared', { text }), call('Prepared', { text: '' }));
  expect(await peer.messages(2)).toBe(`{"parameters":{"text":"ä\\"\\u0001"}}|{}|`);
  expect(() => new PreparedReply({ n: 1n })).toThrow(TypeError);
});
