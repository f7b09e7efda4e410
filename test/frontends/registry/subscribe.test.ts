import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseIdMap } from '../../../src/machine/id-map.ts';
import type { MachineFacts } from '../../../src/machine/machine.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import type { Registry } from '../../../src/machine/registry.ts';
import { givenAddresses } from '../../../src/resolver/addresses.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';
import { Subscriber } from '../../support/subscriber.ts';
import { RawPeer } from '../../varlink/raw-peer.ts';
import { startRegistryService } from './service.ts';

const method = 'io.github.mymachines.Registry.Subscribe';

function start(...parameters: Parameters<typeof startRegistryService>) {
  const service = startRegistryService(...parameters);
  const subscribe = async (options?: object): Promise<Subscriber> => {
    const subscriber = await Subscriber.start(service.path, options);
    onTestFinished(() => subscriber.stop());
    return subscriber;
  };
  return { ...service, subscribe };
}

const add = (registry: Registry, name: string, uidMap = '') => registry.add(sampleMachine(name, { uidMap }));
const set = (registry: Registry, name: string, facts: Partial<MachineFacts>) =>
  registry.update(name as MachineName, (machine) => ({ ...machine, facts: { ...machine.facts, ...facts } }));
const addresses = (...texts: string[]) => ({
  addresses: texts.map((text) => sampleAddress(`${text} global 2 host:7`)),
});

/** What a subscriber should know. */
function truth(registry: Registry): Map<string, object> {
  return new Map(
    [...registry].flatMap((machine) => {
      if (machine.class === 'host') return [];
      const given = givenAddresses(machine, { hostAddresses: () => [] }).map(({ bytes }) => bytes.join('.'));
      const { uidMap, gidMap } = machine.class === 'vm' ? { uidMap: [], gidMap: [] } : machine.facts;
      return [[machine.name, { class: machine.class, addresses: given, uidMap, gidMap }]];
    }),
  );
}

describe('Subscribe', () => {
  test('tells what there is, that this is all, and each change, in these words', async () => {
    const { registry, path } = start();
    registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
    add(registry, 'web', '0 100000 65536');
    set(registry, 'web', { addresses: [{ ...sampleAddress('10.0.0.1 global 2 host:7'), interfaceName: 'host0' }] });
    const peer = await RawPeer.connect(path);
    const present = await peer.send({ method, parameters: { details: true }, more: true }).messages(2);
    const map = '[{"inside":0,"outside":100000,"count":65536}]';
    const address =
      '{"family":"ipv4","address":"10.0.0.1","prefixLength":24,"interfaceInside":{"index":2,"name":"host0"},"hostInterfaceIndex":7}';
    const line = (text: string) => `{"parameters":{${text}},"continues":true}|`;
    const state = [
      line(
        `"event":"present","name":"web","class":"container","addresses":[${address}],"uidMap":${map},"gidMap":${map}`,
      ),
      line('"event":"complete"'),
    ];
    expect(present).toBe(state.join(''));
    set(registry, 'web', addresses());
    set(registry, 'web', { uidMap: [] });
    registry.add(sampleMachine('vm', { class: 'vm', uidMap: '0 0 4294967295' }));
    registry.remove('web' as MachineName);
    expect((await peer.messages(6)).slice(present.length)).toBe(
      [
        line('"event":"addresses_changed","name":"web","addresses":[]'),
        line(`"event":"id_map_changed","name":"web","uidMap":[],"gidMap":${map}`),
        line('"event":"added","name":"vm","class":"vm","addresses":[],"uidMap":[],"gidMap":[]'),
        line('"event":"removed","name":"web","class":"container"'),
      ].join(''),
    );
  });

  test.each([{}, { details: false }, { details: null }])(
    'tells names only where no more is wanted: %j',
    async (options) => {
      const { registry, path } = start();
      add(registry, 'web', '0 100000 65536');
      const peer = await RawPeer.connect(path);
      await peer.send({ method, parameters: options, more: true }).messages(2);
      set(registry, 'web', addresses('10.0.0.1'));
      set(registry, 'web', { uidMap: [] });
      add(registry, 'db');
      expect((await peer.messages(3)).split('|').map((text) => text && JSON.parse(text).parameters)).toEqual([
        { event: 'present', name: 'web', class: 'container' },
        { event: 'complete' },
        { event: 'added', name: 'db', class: 'container' },
        '',
      ]);
    },
  );

  test('wants more', async () => {
    const { path } = start();
    const peer = await RawPeer.connect(path);
    for (const details of [true, false]) peer.send({ method, parameters: { details } });
    expect(await peer.messages(2)).toBe('{"error":"org.varlink.service.ExpectedMore"}|'.repeat(2));
  });

  test('leaves nothing out and tells nothing twice, whenever one begins', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('toggle' as const), name }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('addresses' as const), name, count: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('ids' as const), name, base: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('subscribe' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { registry, path, server } = startRegistryService();
        const subscribers = [Subscriber.start(path)];
        for (const each of steps) {
          if (each.kind === 'subscribe') subscribers.push(Subscriber.start(path));
          else if (each.kind === 'turn') await new Promise((resolve) => setImmediate(resolve));
          else if (each.kind === 'toggle') {
            if (registry.get(each.name) === undefined) add(registry, each.name);
            else registry.remove(each.name as MachineName);
          } else if (registry.get(each.name) !== undefined) {
            const texts = Array.from({ length: 'count' in each ? each.count : 0 }, (_, n) => `10.0.0.${n}`);
            const facts =
              each.kind === 'ids' ? { uidMap: parseIdMap(`0 ${each.base + 1}00000 9`) } : addresses(...texts);
            set(registry, each.name, facts);
          }
        }
        add(registry, 'last');
        for (const started of subscribers) {
          const subscriber = await started;
          await subscriber.until(({ machines, complete }) => complete && machines.has('last'));
          expect(subscriber.machines).toEqual(truth(registry));
          expect(subscriber.resyncs).toBe(0);
          subscriber.stop();
        }
        await vi.waitFor(() => expect(server.connections).toBe(0), { interval: 1 });
      }),
      { numRuns: 60 },
    );
  });

  test('tells one who was too slow so, and begins again, while others miss nothing', async () => {
    const { registry, subscribe } = start();
    for (let n = 0; n < 200; n++) add(registry, `m${n}`);
    const quick = await subscribe();
    const slow = await subscribe();
    await Promise.all([quick, slow].map((each) => each.until(({ complete }) => complete)));
    slow.socket.pause();
    const many = Array.from({ length: 50 }, (_, n) => `10.1.0.${n}`);
    // 12 MB of events.
    for (let round = 0; round < 3000; round++) {
      set(registry, `m${round % 200}`, addresses(...many, `10.2.${round >> 8}.${round & 255}`));
      if (round % 20 === 0) await sleep(1);
    }
    registry.remove('m0' as MachineName);
    add(registry, 'last');
    await quick.until(({ machines }) => machines.has('last'));
    expect(quick.resyncs).toBe(0);
    expect(quick.events.filter((event) => event.startsWith('addresses_changed'))).toHaveLength(3000);
    slow.socket.resume();
    await slow.until(({ machines, complete }) => complete && machines.has('last'));
    expect(slow.resyncs).toBe(1);
    expect(slow.machines).toEqual(truth(registry));
    expect(slow.events.length).toBeLessThan(1000);
    // And it is told of what comes then.
    set(registry, 'last', addresses('10.0.0.9'));
    await slow.until(({ machines }) => machines.get('last')?.addresses[0] === '10.0.0.9');
  });

  test('follows nothing and holds nothing when the last one has gone', async () => {
    const { registry, server, subscribe } = start();
    let following = 0;
    const follow = registry.subscribe.bind(registry);
    vi.spyOn(registry, 'subscribe').mockImplementation((listener) => {
      following++;
      const stop = follow(listener);
      return () => {
        following--;
        stop();
      };
    });
    add(registry, 'web');
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => subscribe({ details: n % 2 === 0 })));
    await Promise.all(all.map((each) => each.until(({ complete }) => complete)));
    // One for those who see details, one for the others.
    expect(following).toBe(2);
    for (const each of all.slice(0, 49)) each.stop();
    await vi.waitFor(() => expect(server.connections).toBe(1));
    expect(following).toBe(1);
    add(registry, 'db');
    await all[49]?.until(({ machines }) => machines.has('db'));
    all[49]?.stop();
    await vi.waitFor(() => expect(server.connections).toBe(0));
    expect(following).toBe(0);
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before));
    const again = await subscribe();
    await again.until(({ complete }) => complete);
    expect([...again.machines.keys()]).toEqual(['web', 'db']);
    expect(following).toBe(1);
  });

  test('has what the kernel does not tell of looked at, as long as somebody wants to know', async () => {
    const { registry, refreshed, subscribe, server } = start('proc');
    add(registry, 'web');
    registry.add(sampleMachine('vm', { class: 'vm' }));
    const names = await subscribe({});
    await names.until(({ complete }) => complete);
    expect(refreshed).toEqual([]);
    const subscriber = await subscribe();
    await subscriber.until(({ complete }) => complete);
    expect(refreshed).toEqual(['web', 'vm']);
    await sleep(1100);
    expect(refreshed).toEqual(['web', 'vm', 'web']);
    subscriber.stop();
    await vi.waitFor(() => expect(server.connections).toBe(1));
    await sleep(1100);
    expect(refreshed).toEqual(['web', 'vm', 'web']);
  });
});
