import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeptResponses } from '../../../src/frontends/dns/kept-responses.ts';
import { type Query, readQuery } from '../../../src/frontends/dns/query.ts';
import type { Responder } from '../../../src/frontends/dns/responder.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { opt, query } from './messages.ts';
import { machineWith, SampleNames } from './sample-names.ts';

const asker = () => Uint8Array.of(127, 0, 0, 1);

/** What the shortcut answers to a message that is somewhere in memory; undefined: it leaves it to the full way. */
function shortcut(responder: Responder, message: Buffer, from = 64, to = 2500): Buffer | undefined {
  const memory = new Uint8Array(5000).fill(0xa5);
  memory.set(message, from);
  const before = memory.slice();
  responder.shortcut?.begin();
  const length = responder.shortcut?.answer(memory, from, from + message.length, to) ?? 0;
  const answer = Buffer.from(memory.subarray(to, to + length));
  // Nothing else is written.
  before.set(answer, to);
  if (Buffer.compare(memory, before) !== 0) throw new Error('something else was written');
  return length === 0 ? undefined : answer;
}

function full(responder: Responder, message: Buffer): Buffer | undefined {
  const response = responder.respond(message, asker, 'udp');
  if (response instanceof Promise) throw new Error('nothing is forwarded here');
  return response;
}

// Names that differ in case only, single and in domains, with others below them; and those that are none.
const labels = ['a', 'A', 'web', 'Web', 'wEB', 'x1-y', 'host', 'localhost', 'b.a', 'deep.er', 'q'.repeat(63)];
const machineName = fc.constantFrom(...labels.filter((name) => name.length < 20));
const askedName = fc
  .tuple(
    fc.constantFrom(...labels, 'Web', 'ai', 'crowd', 'empty', 'nobody', 'own', '1.0.0.10.in-addr.arpa', 'deep'),
    fc.constantFrom('', '', '.machine.internal', '.MACHINE.internal', '.internal', '.b.machine.internal'),
    fc.nat({ max: 2 ** 20 }),
  )
  .map(([name, suffix, cases]) =>
    [...`${name}${suffix}`].map((letter, at) => ((cases >> (at % 20)) & 1 ? letter.toUpperCase() : letter)).join(''),
  );
const address = fc.tuple(fc.constantFrom('10.0.0', 'fd00::'), fc.integer({ min: 1, max: 9 })).map(([net, last]) => {
  return net.endsWith(':') ? `${net}${last} global 2` : `${net}.${last} global 2`;
});
const addresses = fc.oneof(
  { weight: 9, arbitrary: fc.array(address, { maxLength: 4 }) },
  // More than fit into 512 bytes.
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 40 }, (_, index) => `10.1.0.${index + 1} global 2`)) },
);
const message = fc
  .record({
    name: askedName,
    type: fc.constantFrom('A', 'A', 'A', 'AAAA', 'AAAA', 'TXT', 'ANY', 'MX', 'SOA'),
    id: fc.nat({ max: 0xffff }),
    flags: fc.constantFrom(0, 0x100, 0x110, 0x120, 0x10, 0x700, 0x7f, 0x130),
    edns: fc.constantFrom(
      undefined,
      undefined,
      opt({}),
      opt({ flags: 0x8000 }),
      opt({ flags: 0x4001 }),
      opt({ udpPayloadSize: 0 }),
      opt({ udpPayloadSize: 4096 }),
      opt({ ednsVersion: 1 }),
      opt({ extendedRcode: 3 }),
      opt({ options: [{ code: 10, data: Buffer.alloc(8) }] }),
    ),
    dnsClass: fc.constantFrom(1, 1, 1, 1, 3, 255),
  })
  .map(({ name, type, id, flags, edns, dnsClass }) => {
    const bytes = query(name, type, { id, flags, ...(edns && { additionals: [edns] }) });
    // Behind the name and the type.
    bytes.writeUInt16BE(dnsClass, bytes.indexOf(0, 12) + 3);
    return bytes;
  });
/** Bytes that are changed, by where they are of all. */
const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat({ max: 255 })), {
  maxLength: 2,
});
const step = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant('ask' as const), message }) },
  {
    weight: 15,
    arbitrary: fc.record({ kind: fc.constant('damaged' as const), message, damage, cut: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('add' as const), name: machineName, addresses }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), name: machineName, addresses }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), name: machineName }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('call' as const), name: machineName, own: fc.constantFrom('own', 'a') }),
  },
);

describe('kept responses', () => {
  afterEach(() => void vi.useRealTimers());

  it('are those that the full way gives, byte for byte, whatever is asked and whatever changes in between', () => {
    const counts = { kept: 0, left: 0, damaged: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
        const sample = new SampleNames(() => ['class=container']);
        const quick = sample.responder();
        const reference = sample.responder();
        const ask = (bytes: Buffer, kind: 'kept' | 'damaged') => {
          const response = shortcut(quick, bytes);
          const expected = full(reference, bytes);
          if (response === undefined) {
            counts.left++;
            full(quick, bytes);
            return;
          }
          counts[kind]++;
          expect(response.toString('hex')).toBe(expected?.toString('hex'));
        };
        for (const one of steps) {
          if (one.kind === 'ask') {
            // The second time it may be kept.
            ask(one.message, 'kept');
            ask(one.message, 'kept');
          } else if (one.kind === 'damaged') {
            const bytes = Buffer.from(one.message.subarray(0, one.message.length - one.cut));
            for (const [where, value] of one.damage) bytes[Math.floor(where * bytes.length)] = value;
            ask(bytes, 'damaged');
            ask(bytes, 'damaged');
          } else {
            const known = sample.registry.get(one.name);
            if (one.kind === 'call') {
              if (known !== undefined) sample.names.callItself(known, one.own);
            } else if (one.kind === 'remove') {
              if (known !== undefined) sample.registry.remove(parseMachineName(one.name));
            } else if (one.kind === 'add' && known === undefined) {
              sample.registry.add(machineWith(one.name, one.addresses));
            } else if (known !== undefined) {
              const { facts } = machineWith(one.name, one.addresses);
              sample.registry.update(known.name, (machine) => ({ ...machine, facts }));
            }
          }
        }
        expect(sample.problems).toEqual([]);
      }),
      { numRuns: 200 },
    );
    // Both ways are gone often.
    expect(Math.min(counts.kept, counts.left)).toBeGreaterThan(250);
    expect(counts.damaged).toBeGreaterThan(20);
  });

  it('serve every spelling of a name, with or without EDNS, and each gets its own back', () => {
    const sample = new SampleNames();
    const responder = sample.responder();
    full(responder, query('web.machine.internal', 'A'));
    for (const name of ['web.machine.internal', 'WEB.machine.INTERNAL', 'wEb.MACHINE.internal']) {
      for (const additionals of [[], [opt({})], [opt({ flags: 0x8000 })]]) {
        const bytes = query(name, 'A', { additionals, id: 7 });
        const response = shortcut(responder, bytes);
        expect(response?.toString('hex')).toBe(full(sample.responder(), bytes)?.toString('hex'));
        expect(response?.subarray(12, 12 + name.length + 6)).toEqual(bytes.subarray(12, 12 + name.length + 6));
      }
    }
  });

  it('are none where names of machines differ in case only', () => {
    const sample = new SampleNames();
    sample.registry.add(machineWith('WEB', ['10.0.0.77 global 2']));
    const responder = sample.responder();
    for (const name of ['Web', 'WEB', 'web']) {
      const bytes = query(name, 'A');
      full(responder, bytes);
      expect(shortcut(responder, bytes)).toBeUndefined();
    }
  });

  it('are none where not everybody sees all', () => {
    const responder = new SampleNames().responder(() => undefined);
    full(responder, query('web', 'A'));
    expect(responder.shortcut).toBeUndefined();
  });

  it('have nothing left of questions for what no machine is called', () => {
    const responder = new SampleNames().responder();
    const keep = vi.spyOn(KeptResponses.prototype, 'keep');
    for (let index = 0; index < 1000; index++) {
      full(responder, query(`random-${index}.machine.internal`, 'A'));
      full(responder, query(`random-${index}`, 'AAAA'));
      full(responder, query(`${index}.web.machine.internal`, 'A'));
      full(responder, query('host.machine.internal', 'A'));
    }
    expect(keep).not.toHaveBeenCalled();
    full(responder, query('web.machine.internal', 'A'));
    expect(keep).toHaveBeenCalledOnce();
    keep.mockRestore();
  });

  it('take few bytes for ten thousand names, and never more than that', () => {
    const sample = new SampleNames();
    const responder = sample.responder();
    const [machine] = sample.registry;
    const kept = new KeptResponses(() => {});
    const [from, to] = [0, 1024];
    const memory = new Uint8Array(2048);
    const find = (bytes: Buffer): Buffer => {
      memory.set(bytes, from);
      return Buffer.from(memory.subarray(to, to + kept.answer(memory, from, bytes.length, to)));
    };
    /** The same response under many names: of a machine with one address, and none of the other kind. */
    const models = ['A', 'AAAA'].map((type) => {
      const bytes = query('ai.machine.internal', type);
      return { bytes, response: full(responder, bytes) as Buffer };
    });
    const questions = (index: number) =>
      models.map((model) => {
        const label = Buffer.from(`\x10m${String(index).padStart(15, '0')}`, 'latin1');
        // Instead of the first label. Pointers into the question are not followed here.
        const [bytes = model.bytes, response = model.response] = [model.bytes, model.response].map((message) =>
          Buffer.concat([message.subarray(0, 12), label, message.subarray(12 + 3)]),
        );
        return { bytes, response };
      });
    const keepAll = (count: number) => {
      for (let index = 0; index < count; index++) {
        for (const { bytes, response } of questions(index)) {
          kept.keep(readQuery(bytes) as Query, response, machine as Machine);
        }
      }
    };
    const found = (count: number) => {
      let hits = 0;
      for (let index = 0; index < count; index++) {
        for (const { bytes, response } of questions(index)) {
          const answer = find(bytes);
          if (answer.length === 0) continue;
          hits++;
          if (!answer.equals(response)) throw new Error(`${answer.toString('hex')}, not ${response.toString('hex')}`);
        }
      }
      return hits;
    };
    keepAll(10_000);
    const size = kept.size;
    expect(found(10_000)).toBe(size);
    // A few have too many others in their way.
    expect(size).toBeGreaterThan(19_900);
    keepAll(10_000);
    expect(kept.size).toBeLessThanOrEqual(20_000);
    keepAll(25_000);
    expect(found(25_000)).toBe(kept.size);
    expect(kept.memory).toBeLessThan(4 * 1024 * 1024);
    const most = kept.memory;
    kept.clear();
    expect(found(1000)).toBe(0);
    keepAll(25_000);
    expect(kept.memory).toBe(most);
  });

  it('tell of a machine that is asked for, once a second', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const sample = new SampleNames();
    const responder = sample.responder();
    full(responder, query('web', 'A'));
    vi.advanceTimersByTime(5000);
    sample.asked.length = 0;
    for (let times = 0; times < 10; times++) expect(shortcut(responder, query('WEB', 'A'))).toBeDefined();
    expect(sample.asked).toEqual(['Web']);
    vi.advanceTimersByTime(1000);
    for (let times = 0; times < 10; times++) shortcut(responder, query('web', 'A'));
    expect(sample.asked).toEqual(['Web', 'Web']);
  });
});
