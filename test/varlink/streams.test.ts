import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { implement, type ServerOptions, VarlinkError } from '../../src/varlink/index.ts';
import { RawPeer, startServer } from './raw-peer.ts';

const description = `interface com.example.test
method Count(to: int, padding: ?int) -> (n: int, text: ?string)
method Wait() -> (n: int)
method Bad(how: string) -> (n: int)
method BadAtOnce(how: string) -> (n: int)
method Either() -> (n: int)
method Slow(ms: int) -> (n: int)
method Ping() -> ()`;

/** What the handlers did, in order. */
class Log {
  readonly entries: string[] = [];
  pulled = 0;

  async until(entry: string): Promise<void> {
    await vi.waitFor(() => expect(this.entries).toContain(entry), { timeout: 5000, interval: 5 });
  }
}

function service(log: Log) {
  return implement(description, {
    *Count({ to, padding }) {
      log.entries.push('started');
      try {
        for (let n = 1; n < to; n++) {
          log.pulled++;
          yield { n, text: padding ? 'x'.repeat(padding) : undefined };
        }
        return { n: to };
      } finally {
        log.entries.push('left');
      }
    },
    async *Wait(_parameters, { signal }) {
      try {
        yield { n: 1 };
        await once(signal, 'abort');
        log.entries.push('aborted');
        return { n: 2 };
      } finally {
        log.entries.push('left');
      }
    },
    async *Bad({ how }) {
      try {
        yield { n: 1 };
        if (how === 'varlink') throw new VarlinkError('com.example.test.Bad');
        if (how === 'returned') return new VarlinkError('com.example.test.Bad');
        if (how === 'bigint') yield { n: 1n };
        if (how === 'error') throw new Error('a secret');
        yield { n: 2 };
        return { n: 3 };
      } finally {
        log.entries.push('left');
        // biome-ignore lint/correctness/noUnsafeFinally: this is the failure to be seen
        if (how === 'cleanup') throw new Error('a failure in cleaning up');
      }
    },
    *BadAtOnce({ how }) {
      try {
        yield { n: 1 };
        if (how === 'varlink') throw new VarlinkError('com.example.test.Bad');
        while (how === 'cleanup') yield { n: 2 };
        throw new Error('a secret');
      } finally {
        log.entries.push('left');
        // biome-ignore lint/correctness/noUnsafeFinally: this is the failure to be seen
        if (how === 'cleanup') throw new Error('a failure in cleaning up');
      }
    },
    Either(_parameters, { more }) {
      if (!more) return { n: 0 };
      return (function* () {
        yield { n: 1 };
        return { n: 2 };
      })();
    },
    async Slow({ ms }) {
      await sleep(ms);
      return { n: 0 };
    },
    Ping() {},
  });
}

async function start(options: ServerOptions = {}) {
  const log = new Log();
  const { path, server } = await startServer([service(log)], options);
  return { log, path, server, peer: await RawPeer.connect(path) };
}

const call = (name: string, parameters = {}, more = true) => ({ method: `com.example.test.${name}`, parameters, more });

describe('a generator', () => {
  test('gives replies that continue, and a last one', async () => {
    const { peer } = await start();
    expect(await peer.send(call('Count', { to: 3 }), call('Ping')).messages(4)).toBe(
      '{"parameters":{"n":1},"continues":true}|{"parameters":{"n":2},"continues":true}|{"parameters":{"n":3}}|{}|',
    );
  });

  test('may give just the last', async () => {
    const { peer } = await start();
    expect(await peer.send(call('Count', { to: 1 })).messages(1)).toBe('{"parameters":{"n":1}}|');
  });

  test('is not started for a call without more, which is told so after its parameters were found good', async () => {
    const { peer, log } = await start();
    peer.send(call('Count', { to: 'x' }, false), call('Count', { to: 3 }, false), call('Bad', { how: '' }, false));
    expect(await peer.messages(3)).toBe(
      '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"to"}}|' +
        '{"error":"org.varlink.service.ExpectedMore"}|'.repeat(2),
    );
    expect(log.entries).toEqual([]);
  });

  test('may be given only to those who ask for more', async () => {
    const { peer } = await start();
    expect(await peer.send(call('Either', {}, false), call('Either')).messages(3)).toBe(
      '{"parameters":{"n":0}}|{"parameters":{"n":1},"continues":true}|{"parameters":{"n":2}}|',
    );
  });

  test.each([
    ['Bad', 'varlink'],
    ['Bad', 'returned'],
    ['BadAtOnce', 'varlink'],
  ])('%s ends with an error (%s), and nothing follows it', async (name, how) => {
    const { peer, log } = await start();
    expect(await peer.send(call(name, { how }), call('Ping')).messages(3)).toBe(
      '{"parameters":{"n":1},"continues":true}|{"error":"com.example.test.Bad"}|{}|',
    );
    expect(log.entries).toEqual(['left']);
  });

  test.each([
    ['Bad', 'error'],
    ['Bad', 'bigint'],
    ['BadAtOnce', 'error'],
  ])('%s that fails otherwise (%s) is answered as the hook says', async (name, how) => {
    const onInternalError = vi.fn(() => new VarlinkError('com.example.Broken'));
    const { peer, log } = await start({ onInternalError });
    expect(await peer.send(call(name, { how }), call('Ping')).messages(3)).toBe(
      '{"parameters":{"n":1},"continues":true}|{"error":"com.example.Broken"}|{}|',
    );
    await log.until('left');
    expect(onInternalError).toHaveBeenCalledOnce();
  });

  test('that is long lets the other connections have their turn', async () => {
    const { peer, path, log } = await start();
    peer.send(call('Count', { to: 1_000_000 }));
    await log.until('started');
    const other = await RawPeer.connect(path);
    await other.send(call('Ping')).messages(1);
    expect(log.entries).toEqual(['started']);
    peer.socket.destroy();
    await log.until('left');
  });
});

describe('when the reader is slow', () => {
  test('a generator is asked for no more than the kernel takes, and goes on afterwards', async () => {
    const { peer, log } = await start();
    peer.socket.pause();
    peer.send(call('Count', { to: 10_000, padding: 1000 }));
    await log.until('started');
    await sleep(100);
    const pulled = log.pulled;
    // 64 KiB that go out together, and what the socket's buffers hold: far from the 10 MB of all replies.
    expect(pulled).toBeLessThan(2000);
    await sleep(100);
    expect(log.pulled).toBe(pulled);
    peer.socket.resume();
    const received = await peer.messages(10_000);
    expect(received.match(/"n":\d+/g)).toEqual(Array.from({ length: 10_000 }, (_, index) => `"n":${index + 1}`));
  });

  test('calls wait in its own buffers: nothing grows here', async () => {
    const { peer, server } = await start();
    peer.socket.pause();
    const message = Buffer.from(`${JSON.stringify(call('Count', { to: 2, padding: 10_000 }))}\0`);
    let accepted = 0;
    let blocked = false;
    while (!blocked && accepted < 20_000_000) {
      blocked = !(await Promise.race([
        new Promise<boolean>((r) => peer.socket.write(message, () => r(true))),
        sleep(200, false),
      ]));
      accepted += message.length;
    }
    expect(blocked).toBe(true);
    expect(accepted).toBeLessThan(3_000_000);
    expect(server.connections).toBe(1);
  });
});

describe('when the peer goes', () => {
  test('a generator that waits is told by the signal, and left', async () => {
    const { peer, log, server } = await start();
    await peer.send(call('Wait')).messages(1);
    peer.socket.destroy();
    await log.until('left');
    expect(log.entries).toEqual(['aborted', 'left']);
    expect(server.connections).toBe(0);
  });

  test('also when it had sent more calls', async () => {
    const { peer, log } = await start();
    await peer.send(call('Wait'), ...Array.from({ length: 1000 }, () => call('Ping'))).messages(1);
    peer.socket.destroy();
    await log.until('left');
  });

  test('also when it has only shut down its sending side: nobody can tell the difference', async () => {
    const { peer, log } = await start();
    await peer.send(call('Wait')).messages(1);
    peer.socket.end();
    await log.until('left');
    expect(await peer.end()).toBe('{"parameters":{"n":1},"continues":true}|');
  });

  test('also when the call was in a queue by then, while those that end by themselves are answered', async () => {
    const { peer, log } = await start();
    peer.send(call('Slow', { ms: 30 }), call('Count', { to: 2 }), call('Wait'), call('Ping')).socket.end();
    expect(await peer.end()).toBe(
      '{"parameters":{"n":0}}|{"parameters":{"n":1},"continues":true}|{"parameters":{"n":2}}|',
    );
    await log.until('left');
  });

  test('a generator that does not wait is left where it stands', async () => {
    const { peer, log } = await start();
    peer.socket.pause();
    peer.send(call('Count', { to: 1_000_000, padding: 1000 }));
    await log.until('started');
    peer.socket.destroy();
    await log.until('left');
    expect(log.pulled).toBeLessThan(5000);
  });

  test.each(['Bad', 'BadAtOnce'])('a failure of %s in cleaning up is reported', async (name) => {
    const onInternalError = vi.fn(() => undefined);
    const { peer, log } = await start({ onInternalError });
    peer.socket.pause();
    peer.send(call(name, { how: 'cleanup' }));
    if (name === 'BadAtOnce') {
      await sleep(50);
      peer.socket.destroy();
    }
    await log.until('left');
    expect(onInternalError).toHaveBeenCalledWith(
      expect.objectContaining({ message: 'a failure in cleaning up' }),
      expect.objectContaining({ method: `com.example.test.${name}` }),
    );
  });
});

test('closing the server ends streams', async () => {
  const { peer, log, server } = await start();
  await peer.send(call('Wait')).messages(1);
  server.close();
  await log.until('left');
  expect(await peer.end()).toBe('{"parameters":{"n":1},"continues":true}|');
});
