import { openSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PreparedBody } from '../../../src/dbus/call.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import { implement } from '../../../src/dbus/objects/implement.ts';
import { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { answerOf, callOf } from '../connection/answer.ts';
import { recorded, recordedTree } from './recorded-objects.ts';

describe.each([{ later: false }, { later: true }])(
  'an object tree, with a family that answers later: $later',
  (how) => {
    const tree = recordedTree(how);

    test.each(recorded.objects.map(({ question, reply }) => ({ question, reply, name: nameOf(question) })))(
      'answers as sd-bus: $name',
      async ({ question, reply }) => {
        expect(await answerOf(tree, question)).toEqual(reply);
      },
    );
  },
);

function nameOf({ path, interface: name, member, body = [] }: (typeof recorded.objects)[number]['question']): string {
  return `${path} ${name}.${member} ${JSON.stringify(body)}`;
}

const clock = {
  name: 'org.example.Clock',
  properties: { Zone: { type: 's', emits: 'const' }, Hour: { type: 'u', emits: 'false', access: 'readwrite' } },
  methods: {
    Add: { in: { left: 't', right: 't' }, out: { sum: 't', carry: 'b' } },
    Reset: { in: {}, out: {}, privileged: true },
  },
  signals: {},
} as const;

function exampleTree(later: boolean) {
  const done: unknown[] = [];
  const maybeLater = <T>(value: T) => (later ? Promise.resolve(value) : value);
  const tree = new ObjectTree({ machineId: '', uid: 1000 });
  const implemented = implement(clock, {
    properties: {
      Zone: () => maybeLater('UTC'),
      Hour: {
        get: () => maybeLater(7),
        set: (hour, { sender }) => maybeLater(void done.push([hour, sender])),
      },
    },
    methods: {
      Add: ({ left, right }) => maybeLater({ carry: left + right >= 2n ** 64n, sum: (left + right) % 2n ** 64n }),
      Reset: (_input, { sender }) => {
        done.push(['reset', sender]);
        return maybeLater({});
      },
    },
  });
  tree.add('/clock', implemented);
  return { tree, done, implemented };
}

const properties = 'org.freedesktop.DBus.Properties';
const onClock = (member: string, signature: string, body: readonly (string | number)[]) => ({
  ...{ path: '/clock', interface: clock.name, member, signature, body },
});

describe.each([false, true])('an implementation that answers later: %s', (later) => {
  test('takes arguments and gives results by name', async () => {
    const { tree } = exampleTree(later);
    const question = onClock('Add', 'tt', [2n ** 64n - 1n, 2n] as never);
    expect(await answerOf(tree, question)).toEqual({ signature: 'tb', body: ['1', true] });
  });

  test('gives and takes properties', async () => {
    const { tree, done } = exampleTree(later);
    const all = { path: '/clock', interface: properties, member: 'GetAll', signature: 's', body: [''] };
    const values = [
      ['Zone', { signature: 's', value: 'UTC' }],
      ['Hour', { signature: 'u', value: 7 }],
    ];
    expect(await answerOf(tree, all)).toEqual({ signature: 'a{sv}', body: [values] });
    const one = { ...all, member: 'Get', signature: 'ss', body: [clock.name, 'Hour'] };
    expect(await answerOf(tree, one)).toEqual({ signature: 'v', body: [{ signature: 'u', value: 7 }] });
    const set = { ...one, member: 'Set', signature: 'ssv', body: [...one.body, { signature: 'u', value: 8 }] };
    expect(await answerOf(tree, { ...set, as: 'nobody' })).toEqual({ signature: '', body: [] });
    expect(done).toEqual([[8, ':1.1']]);
  });

  test('is kept from those without the privilege, before their arguments are looked at', async () => {
    const { tree, done } = exampleTree(later);
    const refused = {
      error: 'org.freedesktop.DBus.Error.AccessDenied',
      text: 'Access to org.example.Clock.Reset() not permitted.',
    };
    expect(await answerOf(tree, { ...onClock('Reset', '', []), as: 'nobody' })).toEqual(refused);
    expect(await answerOf(tree, { ...onClock('Reset', 's', ['x']), as: 'nobody' })).toEqual(refused);
    expect(done).toEqual([]);
    expect(await answerOf(tree, onClock('Reset', '', []))).toEqual({ signature: '', body: [] });
    await tree.answer(callOf(onClock('Reset', '', []), { uid: 1000 }));
    expect(done).toHaveLength(2);
  });
});

test('what is known at once is answered at once', () => {
  const { tree } = exampleTree(false);
  expect(tree.answer(callOf(onClock('Add', 'tt', [1n, 2n] as never)))).toEqual({ signature: 'tb', body: [3n, false] });
});

test('a structure in place of a variant is called as sd-bus calls it', async () => {
  const { tree } = exampleTree(false);
  const set = { path: '/clock', interface: properties, member: 'Set' };
  expect(await answerOf(tree, { ...set, signature: 'ss(uu)', body: [clock.name, 'Hour', [1, 2]] })).toMatchObject({
    text: "Incorrect signature when setting property 'Hour', expected 'v', got 'r'.",
  });
  expect(await answerOf(tree, { ...set, signature: 'ss', body: [clock.name, 'Hour'] })).toMatchObject({
    error: 'org.freedesktop.DBus.Error.InvalidSignature',
    text: "Incorrect signature when setting property 'Hour', expected 'v', got ''.",
  });
});

test('the descriptor that comes with credentials is closed', async () => {
  const { tree } = exampleTree(false);
  const pidfd = openSync('/dev/null', 'r');
  await tree.answer(callOf(onClock('Reset', '', []), { pidfd }));
  expect(() => readFileSync(`/proc/self/fdinfo/${pidfd}`)).toThrow('ENOENT');
});

test('of several properties that fail, one is told of, and none ends the process', async () => {
  const type = { type: 's', emits: 'const' } as const;
  const sample = { name: 'a.b', properties: { Late: type, Now: type }, methods: {}, signals: {} } as const;
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', hear);
  const tree = new ObjectTree({ machineId: '', uid: 0 });
  const fail = (text: string) => {
    throw new DBusError('a.b.Failed', text);
  };
  tree.add(
    '/',
    implement(sample, { properties: { Late: async () => fail('late'), Now: () => fail('now') }, methods: {} }),
  );
  const getAll = { path: '/', interface: properties, member: 'GetAll', signature: 's', body: [''] };
  expect(await answerOf(tree, getAll)).toEqual({ error: 'a.b.Failed', text: 'now' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off('unhandledRejection', hear);
  expect(unheard).toEqual([]);
});

test('a prepared reply goes through as it is, unless it is of another signature', () => {
  const sample = { name: 'a.b', properties: {}, methods: { M: { in: {}, out: { x: 's' } } }, signals: {} } as const;
  for (const signature of ['s', 'u']) {
    const prepared = new PreparedBody(signature, Buffer.alloc(4));
    const tree = new ObjectTree({ machineId: '', uid: 0 });
    tree.add('/', implement(sample, { properties: {}, methods: { M: () => prepared } }));
    const call = callOf({ path: '/', interface: 'a.b', member: 'M' });
    if (signature === 's') expect(tree.answer(call)).toBe(prepared);
    else expect(() => tree.answer(call)).toThrow("a.b.M gave a prepared body 'u', not 's'");
  }
});

test('an interface cannot be added twice to an object, nor a family to a path, nor anything where no path is', () => {
  const { tree, implemented } = exampleTree(false);
  expect(() => tree.add('/clock', implemented)).toThrow('/clock has the interface org.example.Clock already');
  const family = { find: () => undefined, names: () => [] };
  tree.addFamily('/clocks', family, implemented);
  expect(() => tree.addFamily('/clocks', family)).toThrow('/clocks has a family');
  for (const path of ['', 'clock', '/clock/', '//clock', '/a-b', '/é']) {
    expect(() => tree.add(path, implemented), path).toThrow('is not an object path');
  }
});
