import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Call, errorsOf, implement, VarlinkError, VarlinkServer } from '../../src/varlink/index.ts';
import { RawPeer, startServer } from './raw-peer.ts';

const description = `interface com.example.test
method Echo(text: string, inner: ?(number: int)) -> (text: string)
method Slow(text: string, ms: int) -> (text: string)
method Fail(how: (throw, return, reject, resolve)) -> ()
method Crash(how: (throw, reject, bigint, loop)) -> ()
method Nothing() -> ()
method Missing() -> ()
error Sad(why: string)`;

const sad = errorsOf(description)('Sad', { why: 'just so' });

const seen: { text: string; call: Call }[] = [];
const test1 = implement(description, {
  Echo({ text }, call) {
    seen.push({ text, call });
    return { text };
  },
  async Slow({ text, ms }) {
    await sleep(ms);
    return { text };
  },
  Fail({ how }) {
    if (how === 'throw') throw sad;
    if (how === 'return') return sad;
    return how === 'reject' ? Promise.reject(sad) : Promise.resolve(sad);
  },
  Crash({ how }): never | Promise<never> {
    if (how === 'reject') return Promise.reject(new Error('a secret'));
    if (how === 'bigint') return { x: 1n } as never;
    if (how === 'loop') {
      const loop: Record<string, unknown> = {};
      loop['loop'] = loop;
      return loop as never;
    }
    throw new Error('a secret');
  },
  Nothing() {},
});

async function peer(options = {}): Promise<RawPeer> {
  const { path } = await startServer([test1], options);
  return RawPeer.connect(path);
}

const echo = (text: string, more = {}) => ({ method: 'com.example.test.Echo', parameters: { text }, ...more });
const slow = (text: string, ms: number) => ({ method: 'com.example.test.Slow', parameters: { text, ms } });

describe('org.varlink.service', () => {
  test('tells who the service is, its interfaces in the order of the alphabet', async () => {
    const p = await peer();
    expect(await p.send({ method: 'org.varlink.service.GetInfo' }).messages(1)).toBe(
      '{"parameters":{"vendor":"v","product":"p","version":"1","url":"u",' +
        '"interfaces":["com.example.test","org.varlink.service"]}}|',
    );
  });

  test('gives the definition of an interface, in canonical layout', async () => {
    const p = await peer();
    const parameters = { interface: 'com.example.test' };
    p.send({ method: 'org.varlink.service.GetInterfaceDescription', parameters });
    const reply = JSON.parse((await p.messages(1)).replace('|', '')) as { parameters: { description: string } };
    expect(reply.parameters.description).toMatch(/^interface com\.example\.test\n\nmethod Echo\(\n\ttext: string,\n/);
  });

  test.each(['a.b', ''])('has no interface "%s"', async (name) => {
    const p = await peer();
    p.send({ method: 'org.varlink.service.GetInterfaceDescription', parameters: { interface: name } });
    expect(await p.messages(1)).toBe(
      `{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"${name}"}}|`,
    );
  });
});

describe('a call that cannot be made', () => {
  // All but the last of these are answered so by sd-varlink 262, whatever is wrong with the name.
  test.each([
    '',
    'foo',
    'a.b',
    'a.b.C',
    '..',
    '.GetInfo',
    'org.varlink.service.',
    'org.varlink.service.Nope',
    'org.varlink.service.getInfo',
    'Org.varlink.service.GetInfo',
    'org.varlink.service.G\u00e9',
    '__proto__',
  ])('to "%s" has MethodNotFound', async (method) => {
    const p = await peer();
    expect(await p.send({ method, parameters: { x: 1 } }).messages(1)).toBe(
      `{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"${method}"}}|`,
    );
  });

  test('to a method without a handler has MethodNotImplemented', async () => {
    const p = await peer();
    expect(await p.send({ method: 'com.example.test.Missing' }).messages(1)).toBe(
      '{"error":"org.varlink.service.MethodNotImplemented","parameters":{"method":"com.example.test.Missing"}}|',
    );
  });

  test.each([
    [{}, 'text'],
    [{ text: null }, 'text'],
    [{ text: 1, other: 1 }, 'text'],
    [{ text: 'x', other: 1 }, 'other'],
    [{ text: 'x', inner: { number: '1' } }, 'inner.number'],
    [JSON.parse('{"text":"x","__proto__":{"y":1}}'), '__proto__'],
  ])('with %j has InvalidParameter', async (parameters, parameter) => {
    const p = await peer();
    expect(await p.send({ method: 'com.example.test.Echo', parameters }).messages(1)).toBe(
      `{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"${parameter}"}}|`,
    );
    expect(await p.send(echo('still here')).messages(2)).toContain('still here');
  });

  test.each(['', '[]', '{', '{"method":"a.b.C","foo":1}', '{"method":"a.b.C","more":1}', '{"method":"a\\u0000"}'])(
    'because it is %j ends the connection, after the replies to those before',
    async (message) => {
      const p = await peer();
      expect(await p.send(echo('before'), message, echo('after')).end()).toBe('{"parameters":{"text":"before"}}|');
    },
  );
});

test('calls sent together are answered in order, however long each takes', async () => {
  const p = await peer();
  p.send(slow('1', 30), echo('2'), slow('3', 5), { method: 'a.b.C' }, echo('5'));
  const received = await p.messages(5);
  expect(received.split('|').map((text) => /"text":"(.)"/.exec(text)?.[1] ?? /[A-Z]\w*Found/.exec(text)?.[0])).toEqual([
    '1',
    '2',
    '3',
    'MethodNotFound',
    '5',
    undefined,
  ]);
});

test('a thousand calls in one write are answered, in order', async () => {
  const p = await peer();
  p.send(...Array.from({ length: 1000 }, (_, index) => (index % 10 === 0 ? slow(`${index}`, 0) : echo(`${index}`))));
  const received = await p.messages(1000);
  expect(received.match(/\d+/g)?.map(Number)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
});

describe('a oneway call', () => {
  test('runs the handler and is not answered', async () => {
    seen.length = 0;
    const p = await peer();
    p.send(echo('silent', { oneway: true }), echo('loud'));
    expect(await p.messages(1)).toBe('{"parameters":{"text":"loud"}}|');
    expect(seen.map(({ text, call }) => [text, call.oneway])).toEqual([
      ['silent', true],
      ['loud', false],
    ]);
  });

  test('is not answered by an error either', async () => {
    const p = await peer();
    for (const method of ['a.b.C', 'com.example.test.Echo', 'com.example.test.Missing'])
      p.send({ method, oneway: true });
    p.send({ method: 'com.example.test.Fail', parameters: { how: 'throw' }, oneway: true }, echo('loud'));
    expect(await p.messages(1)).toBe('{"parameters":{"text":"loud"}}|');
  });
});

test.each(['throw', 'return', 'reject', 'resolve'])('a VarlinkError may be given by %s', async (how) => {
  const p = await peer();
  expect(await p.send({ method: 'com.example.test.Fail', parameters: { how } }).messages(1)).toBe(
    '{"error":"com.example.test.Sad","parameters":{"why":"just so"}}|',
  );
});

describe('a handler that fails otherwise', () => {
  const crash = (how: string) => ({ method: 'com.example.test.Crash', parameters: { how } });

  test.each(['throw', 'reject', 'bigint', 'loop'])('by %s is reported, and answered as the hook says', async (how) => {
    const onInternalError = vi.fn(() => new VarlinkError('com.example.Broken', { code: 5 }));
    const p = await peer({ onInternalError });
    expect(await p.send(crash(how), echo('next')).messages(2)).toBe(
      '{"error":"com.example.Broken","parameters":{"code":5}}|{"parameters":{"text":"next"}}|',
    );
    expect(onInternalError).toHaveBeenCalledExactlyOnceWith(
      expect.any(Error),
      expect.objectContaining({ method: 'com.example.test.Crash' }),
    );
  });

  test.each([
    ['there is no hook', {}],
    ['the hook says nothing', { onInternalError: () => undefined }],
    [
      'the hook fails itself',
      {
        onInternalError: () => {
          throw new Error('another');
        },
      },
    ],
  ])('ends the connection when %s, and tells the peer nothing', async (_when, options) => {
    for (const how of ['throw', 'reject']) {
      const p = await peer(options);
      expect(await p.send(echo('before'), crash(how), echo('after')).end()).toBe('{"parameters":{"text":"before"}}|');
    }
  });
});

test('upgrade means nothing, as to sd-varlink for a method that does not upgrade', async () => {
  const p = await peer();
  expect(await p.send(echo('1', { upgrade: true }), echo('2')).messages(2)).toBe(
    '{"parameters":{"text":"1"}}|{"parameters":{"text":"2"}}|',
  );
});

test('a method without reply parameters may give nothing', async () => {
  const p = await peer();
  expect(await p.send({ method: 'com.example.test.Nothing', parameters: null }).messages(1)).toBe('{}|');
});

test('a peer that has shut down its sending side gets all answers, and then the end', async () => {
  const p = await peer();
  p.send(echo('1'), slow('2', 20), echo('3')).socket.end();
  expect(await p.end()).toBe('{"parameters":{"text":"1"}}|{"parameters":{"text":"2"}}|{"parameters":{"text":"3"}}|');
});

test('a handler sees how it was called, and by whom', async () => {
  seen.length = 0;
  const p = await peer();
  await p.send(echo('x', { more: true })).messages(1);
  const { call } = seen[0] as { call: Call };
  expect(call).toMatchObject({ method: 'com.example.test.Echo', more: true, oneway: false });
  expect(call.peer.uid).toBeUndefined();
  expect(() => call.peer.openPidfd()).toThrow('node:net');
  expect(call.signal.aborted).toBe(false);
});

test('whatever one peer sends, another is answered', async () => {
  const { path } = await startServer([test1]);
  const good = await RawPeer.connect(path);
  const message = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record(
      {
        method: fc.oneof(fc.constantFrom('com.example.test.Echo', 'org.varlink.service.GetInfo'), fc.string()),
        parameters: fc.oneof(fc.record({ text: fc.oneof(fc.string(), fc.jsonValue()) }), fc.object()),
        more: fc.boolean(),
        oneway: fc.boolean(),
      },
      { requiredKeys: ['method'] },
    ),
  );
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
      const bad = await RawPeer.connect(path);
      bad.send(...messages).socket.end();
      const received = await bad.end();
      expect(received.length === 0 || received.endsWith('|')).toBe(true);
      expect(await good.send(echo('still here')).messages(++answered)).toMatch(/still here"\}\}\|$/);
    }),
    { numRuns: 200 },
  );
});

test('an interface is there once', () => {
  const server = new VarlinkServer({ vendor: '', product: '', version: '', url: '' });
  server.add(test1);
  expect(() => server.add(test1)).toThrow('has an interface com.example.test already');
});
