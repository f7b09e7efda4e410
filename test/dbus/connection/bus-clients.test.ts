import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import { type AnyVariant, Variant } from '../../../src/dbus/values.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { hasProgram } from '../../support/programs.ts';

// The clients that people have, which are not ours: what they write is read, and what is written they read.

const reason = dbusDaemonUnavailable();
const execute = promisify(execFile);
const name = 'org.example.Clients';

// Signature, the values as busctl has them, the values as they are here.
const echoes: [string, string, unknown[]][] = [
  ['s', '"grüße"', ['grüße']],
  [
    'ybnqiuxtdso',
    '255 true -32768 65535 -2147483648 4294967295 -9223372036854775807 18446744073709551615 0.5 "" "/"',
    [255, true, -32768, 65535, -2147483648, 4294967295, -9223372036854775807n, 18446744073709551615n, 0.5, '', '/'],
  ],
  ['ay', '4 10 0 0 1', [new Uint8Array([10, 0, 0, 1])]],
  [
    'a(iay)',
    '2 2 4 10 0 0 1 10 1 255',
    [
      [
        [2, new Uint8Array([10, 0, 0, 1])],
        [10, new Uint8Array([255])],
      ],
    ],
  ],
  [
    'a{sv}',
    '2 "__proto__" s "x" "n" a{us} 1 7 "seven"',
    [
      new Map<string, AnyVariant>([
        ['__proto__', new Variant('s', 'x')],
        ['n', new Variant('a{us}', new Map([[7, 'seven']]))],
      ]),
    ],
  ],
  ['a(sv)as', '1 "Slice" s "machine.slice" 0', [[['Slice', new Variant('s', 'machine.slice')]], []]],
  ['v(s(yx))', 'v t 5 "a" 1 -2', [new Variant('v', new Variant('t', 5n)), ['a', [1, -2n]]]],
  ['g', '"a{sv}"', ['a{sv}']],
  ['aas', '2 1 "a" 2 "b" "c"', [[['a'], ['b', 'c']]]],
];

describe.skipIf(reason !== undefined)('over a bus', () => {
  let daemon: DBusDaemon;
  let service: Bus;
  let seen: readonly unknown[];

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
    service = await connectBus(daemon.address);
    service.serve(({ member, signature, body }) => {
      seen = body;
      if (member === 'Fail') throw new DBusError('org.example.Error.Told', 'what is wrong');
      return { signature, body };
    });
    await service.requestName(name);
  });

  afterAll(async () => {
    service?.close();
    await daemon?.stop();
  });

  const busctl = async (signature: string, ...values: readonly string[]): Promise<string> => {
    const call = ['call', name, '/', name, 'Echo', signature, ...values];
    return (await execute('busctl', [`--address=${daemon.address}`, '--', ...call])).stdout.trimEnd();
  };

  it.skipIf(!hasProgram('busctl')).each(echoes)('busctl sends %s and has it back', async (signature, text, values) => {
    const plain = text.match(/"[^"]*"|\S+/g)?.map((each) => each.replaceAll('"', '')) ?? [];
    expect(await busctl(signature, ...plain)).toBe(`${signature} ${octal(text)}`);
    expect(seen).toEqual(values);
  });

  it.skipIf(!hasProgram('busctl'))('busctl is told an error', async () => {
    const call = ['call', name, '/', name, 'Fail'];
    await expect(execute('busctl', [`--address=${daemon.address}`, ...call])).rejects.toMatchObject({
      stderr: expect.stringContaining('what is wrong'),
    });
  });

  it.skipIf(!hasProgram('gdbus'))('gdbus sends values and has them back', async () => {
    const values = ["{'a': <[1, 2]>}", "('x', 'y')", 'int64 -5'];
    const call = [
      'call',
      '--address',
      daemon.address,
      '--dest',
      name,
      '--object-path',
      '/',
      '--method',
      `${name}.Echo`,
    ];
    const { stdout } = await execute('gdbus', [...call, '--', ...values]);
    expect(stdout.trimEnd()).toBe("({'a': <[1, 2]>}, ('x', 'y'), int64 -5)");
    expect(seen).toEqual([new Map([['a', new Variant('ai', [1, 2])]]), ['x', 'y'], -5n]);
  });

  it.skipIf(!hasProgram('dbus-send'))('dbus-send sends values and has them back', async () => {
    const call = [`--bus=${daemon.address}`, '--print-reply=literal', `--dest=${name}`, '/', `${name}.Echo`];
    const { stdout } = await execute('dbus-send', [
      ...call,
      'array:string:a,b',
      'variant:uint32:7',
      'dict:string:int32:k,1',
    ]);
    expect(seen).toEqual([['a', 'b'], new Variant('u', 7), new Map([['k', 1]])]);
    expect(stdout.replaceAll(/\s+/g, ' ').trim()).toBe(
      'array [ a b ] variant uint32 7 array [ dict entry( k int32 1 ) ]',
    );
  });
});

/** Text as busctl prints it: bytes outside of ASCII as octal numbers. */
function octal(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`))
    .join('');
}
