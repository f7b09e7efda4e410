import fc from 'fast-check';
import { Variant } from '../../../src/dbus/values.ts';
import { referenceBody } from '../../dbus/codec/reference-encoder.ts';
import { answer, callWith, ScriptedBus } from '../../dbus/connection/scripted-bus.ts';
import { dup, openDescriptors } from '../../linux/descriptors.ts';
import { type Door, door } from '../door.ts';
import { mutatedBytes } from '../hostile.ts';
import { stopwatch } from '../stopwatch.ts';
import { must } from '../text-door.ts';

/** What a bus says, in hexadecimal, in pieces of so many bytes. */
interface Said {
  readonly bytes: string;
  readonly size: number;
}

const nested = new Map([['a', new Variant('v', new Variant('i', 1))]]);
const stream = Buffer.concat([
  callWith('sa{sv}h', referenceBody('sa{sv}h', ['x', nested, 0], true), 1),
  answer(2, 'as', [['a', 'b']]),
  callWith('', Buffer.alloc(0)),
]);
const overwritten = fc
  .array(fc.tuple(fc.nat(stream.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
  .map((changes) => {
    const bytes = Buffer.from(stream);
    for (const [at, byte] of changes) bytes[at] = byte;
    return bytes.toString('hex');
  });

/** Bytes of a bus that is none: a real one passes no such thing on (dbus-calls). */
export const dbusMessages: Door = door<Said>({
  name: 'dbus-messages',
  about: 'what is at the address of the bus says any bytes: nothing is thrown, no descriptor stays open',
  shortRuns: 800,
  survives: true,
  reaches: ['the connection goes on', 'the connection ends'],
  inputs: fc.record({
    bytes: fc.oneof(overwritten, mutatedBytes([stream])),
    size: fc.integer({ min: 1, max: 200 }),
  }),
  open: () => {
    const before = openDescriptors().size;
    return {
      async try({ bytes: hex, size }) {
        const bytes = Buffer.from(hex, 'hex');
        const scripted = new ScriptedBus();
        const connection = await scripted.connect();
        connection.serve(() => ({ signature: '', body: [] }));
        const stop = stopwatch(process.pid);
        for (let at = 0; at < bytes.length; at += size) {
          const first = at === 0 ? { numbers: [dup(1)], truncated: false } : undefined;
          scripted.say(bytes.subarray(at, at + size), first);
        }
        const time = stop();
        must(time < 100, `${bytes.length} bytes took ${time} ms`);
        const came = scripted.destroyed ? 'the connection ends' : 'the connection goes on';
        connection.close();
        await new Promise((resolve) => setImmediate(resolve));
        return came;
      },
      close() {
        const open = openDescriptors().size;
        must(open <= before, `${open - before} descriptors are open still`);
      },
    };
  },
});
