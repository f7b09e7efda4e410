import { describe, expect, test } from 'vitest';
import { implement } from '../../../src/dbus/objects/implement.ts';
import { introspectInterface, introspectObject } from '../../../src/dbus/objects/introspection.ts';
import { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { answerOf, callOf } from '../connection/answer.ts';
import { parseIntrospection } from './parse-introspection.ts';
import { recordedDocument } from './recorded-objects.ts';

const root = '/org/freedesktop/machine1';
const introspect = (path: string) => ({
  ...{ path, interface: 'org.freedesktop.DBus.Introspectable', member: 'Introspect' },
});

describe('an introspection document', () => {
  test.each([
    [root, ['image', 'machine'], 25],
    [`${root}/machine/_2ehost`, [], 15],
    [`${root}/image/_2ehost`, [], 9],
    ['/org/freedesktop/LogControl1', [], 0],
  ])('of %s is that of sd-bus to the byte', (path, children, methods) => {
    const document = recordedDocument(path);
    const interfaces = parseIntrospection(document);
    expect(interfaces).toHaveLength(1);
    expect(Object.keys(interfaces[0]?.methods ?? {}).length).toBeGreaterThanOrEqual(methods);
    expect(introspectObject(interfaces.map(introspectInterface), children)).toBe(document);
  });

  test('says how changes are told and what needs a privilege', () => {
    const text = introspectInterface({
      name: 'a.b',
      properties: {
        Told: { type: 's', emits: 'true' },
        Outdated: { type: 'a{sv}', emits: 'invalidates', access: 'readwrite', privileged: true },
      },
      methods: { Do: { in: { 0: 's', 1: 'u' }, out: { done: 'b' }, privileged: true } },
      signals: { Done: { what: 's', why: 'u' } },
    });
    expect(text).toBe(` <interface name="a.b">
  <property name="Told" type="s" access="read">
  </property>
  <property name="Outdated" type="a{sv}" access="readwrite">
   <annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="invalidates"/>
   <annotation name="org.freedesktop.systemd1.Privileged" value="true"/>
  </property>
  <method name="Do">
   <arg type="s" direction="in"/>
   <arg type="u" direction="in"/>
   <arg type="b" name="done" direction="out"/>
   <annotation name="org.freedesktop.systemd1.Privileged" value="true"/>
  </method>
  <signal name="Done">
   <arg type="s" name="what"/>
   <arg type="u" name="why"/>
  </signal>
 </interface>
`);
  });

  test('has the children in the order of their paths, the fixed ones among those of the family', async () => {
    const tree = new ObjectTree({ machineId: '', uid: 0 });
    const plain = implement({ name: 'a.b', properties: {}, methods: {}, signals: {} }, { properties: {}, methods: {} });
    tree.addFamily('/x', { find: () => undefined, names: () => ['b', 'a', '1', 'B', 'fixed'] });
    tree.add('/x/fixed', plain);
    tree.add('/x/Deep/below', plain);
    const { body } = (await answerOf(tree, introspect('/x'))) as unknown as { body: string[] };
    expect([...(body[0] ?? '').matchAll(/<node name="(.*)"/g)].map(([, name]) => name)).toEqual([
      ...['B', 'Deep', '_31', 'a', 'b', 'fixed'],
    ]);
  });

  test('of ten thousand children holds nobody up for long', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `machine-${index}.example`);
    const tree = new ObjectTree({ machineId: '', uid: 0 });
    tree.addFamily('/x', { find: () => undefined, names: () => [...names] });
    await answerOf(tree, introspect('/x'));
    const start = performance.now();
    const { body } = (await answerOf(tree, introspect('/x'))) as unknown as { body: string[] };
    const milliseconds = performance.now() - start;
    expect(body[0]?.match(/<node name="machine_2d\d+_2eexample"\/>/g)).toHaveLength(10_000);
    if (process.env['MEASURE']) console.log(`introspection of 10,000 children: ${milliseconds.toFixed(1)} ms`);
    expect(milliseconds).toBeLessThan(200);
  });

  test('is made once for the same children, and again for others', async () => {
    let names: readonly string[] = ['a'];
    const tree = new ObjectTree({ machineId: '', uid: 0 });
    const plain = implement({ name: 'a.b', properties: {}, methods: {}, signals: {} }, { properties: {}, methods: {} });
    tree.addFamily('/x', { find: () => undefined, names: () => names });
    const asked = async () => tree.answer(callOf(introspect('/x')));
    const first = await asked();
    expect(await asked()).toBe(first);
    names = ['a', 'b'];
    expect(await asked()).not.toBe(first);
    const nodes = async () => {
      const { body } = (await answerOf(tree, introspect('/x'))) as unknown as { body: string[] };
      return [...(body[0] ?? '').matchAll(/<node name="(.*)"/g)].map(([, name]) => name);
    };
    expect(await nodes()).toEqual(['a', 'b']);
    tree.add('/x/c', plain);
    expect(await nodes()).toEqual(['a', 'b', 'c']);
    tree.add('/x', plain);
    const { body } = (await answerOf(tree, introspect('/x'))) as unknown as { body: string[] };
    expect(body[0]).toContain('<interface name="a.b">');
  });
});
