import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import marshall from 'dbus-next/lib/marshall.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeBody } from '../../bench/dbus/body.ts';
import { BusConnection } from '../../bench/dbus/connection.ts';
import { ERROR, ERROR_NAME, encodeCall, SIGNATURE } from '../../bench/dbus/message.ts';
import { runClosedLoop } from '../../bench/load/closed-loop.ts';
import { dbus } from '../../bench/load/dbus.ts';
import { nativeSources } from '../../bench/load/generator.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

// What is asked is the bus itself: it answers like any service, in a process of its own.
const BUS = 'org.freedesktop.DBus';
const ask = (member: string, argument?: string) => encodeCall(BUS, '/org/freedesktop/DBus', [BUS, member], argument);
const GOOD = [ask('GetNameOwner', BUS), ask('NameHasOwner', 'org.example.Nobody')];
const NOBODY = ask('GetNameOwner', 'org.example.Nobody');

// Hands on what the bus says seven bytes at a time, so that no message comes in one piece.
const PROXY = `
  const net = require('net');
  net.createServer((client) => {
    const bus = net.connect(process.argv[1]);
    client.pipe(bus);
    client.on('close', () => bus.destroy()).on('error', () => {});
    let rest = Buffer.alloc(0);
    const send = () => {
      if (rest.length === 0) return;
      client.write(rest.subarray(0, 7));
      rest = rest.subarray(7);
      setImmediate(send);
    };
    bus.on('data', (data) => {
      const idle = rest.length === 0;
      rest = Buffer.concat([rest, data]);
      // The authentication is read as one piece, for every bus writes it as one.
      if (data.subarray(0, 3).toString() === 'OK ') { client.write(rest); rest = Buffer.alloc(0); }
      else if (idle) send();
    }).on('error', () => {});
  }).listen(process.argv[2], () => process.stdout.write('ready'));
`;

describe.skipIf(unavailable !== undefined)('the load generator over D-Bus', () => {
  let bus: DBusDaemon;
  const load = (socket: string, calls: readonly Uint8Array[], connections = 3) =>
    runClosedLoop({ protocol: dbus, socket, connections, warmUp: 0.05, seconds: 0.1, calls });

  beforeAll(async () => {
    bus = await DBusDaemon.start();
  });

  afterAll(() => bus?.stop());

  test('counts the replies of a real bus', () => {
    const { errors, firstError, total, calls, p50, max } = load(bus.socket, GOOD);
    expect({ errors, firstError }).toEqual({ errors: 0, firstError: undefined });
    expect(calls).toBeGreaterThan(100);
    expect(total).toBeGreaterThan(calls);
    expect(max).toBeGreaterThanOrEqual(p50);
  });

  test('counts error replies, and gives the first', () => {
    const { errors, firstError, total } = load(bus.socket, [...GOOD, NOBODY]);
    expect(Math.abs(errors - total / 3)).toBeLessThanOrEqual(3);
    expect(firstError).toContain('org.freedesktop.DBus.Error.NameHasNoOwner');
  });

  test('puts replies together that come in pieces, and passes over signals', async () => {
    const socket = join(bus.socket, '../proxy');
    const proxy = spawn(process.execPath, ['-e', PROXY, bus.socket, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(proxy.stdout, 'data');
    try {
      const { errors, total } = load(socket, [...GOOD, NOBODY], 2);
      expect(total).toBeGreaterThan(10);
      expect(Math.abs(errors - total / 3)).toBeLessThanOrEqual(2);
    } finally {
      proxy.kill('SIGKILL');
    }
  });

  test('cuts calls apart as they were put together', () => {
    expect(dbus.split(Buffer.concat([...GOOD, NOBODY]))).toEqual([...GOOD, NOBODY]);
  });

  test('the program in C does the same', ({ skip }) => {
    const program = join(bus.socket, '../load');
    try {
      execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', program, ...nativeSources(projectRoot)]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') skip('no C compiler');
      throw error;
    }
    const run = (calls: Buffer[]) =>
      JSON.parse(
        execFileSync(program, ['dbus', bus.socket, '3', '0.05', '0.1'], {
          input: Buffer.concat(calls),
          encoding: 'utf8',
        }),
      );
    const good = run(GOOD);
    expect(good).toMatchObject({ errors: 0 });
    expect(good.calls).toBeGreaterThan(100);
    const bad = run([...GOOD, NOBODY]);
    expect(Math.abs(bad.errors - bad.total / 3)).toBeLessThanOrEqual(3);
    expect(bad.firstError).toContain('org.freedesktop.DBus.Error.NameHasNoOwner');
  });
});

describe.skipIf(unavailable !== undefined)('the client that compares answers', () => {
  test('reads replies and errors of a real bus', async () => {
    const bus = await DBusDaemon.start();
    try {
      const connection = new BusConnection(bus.socket);
      const names = connection.ask(ask('ListNames'));
      expect(decodeBody(names.fields.get(SIGNATURE) as string, names.body)).toEqual([
        expect.arrayContaining([BUS, connection.uniqueName]),
      ]);
      const error = connection.ask(NOBODY);
      expect(error.type).toBe(ERROR);
      expect(error.fields.get(ERROR_NAME)).toBe('org.freedesktop.DBus.Error.NameHasNoOwner');
      connection.close();
    } finally {
      await bus.stop();
    }
  });

  test('reads what another encoder wrote', () => {
    const list = [
      ['web', 'container', '', '/m/web'],
      ['vm', 'vm', 'qemu', '/m/vm'],
    ];
    expect(decodeBody('a(ssso)', marshall('a(ssso)', [list]))).toEqual([list]);
    const addresses = [
      [2, Buffer.from([10, 0, 0, 1])],
      [10, Buffer.alloc(16, 7)],
    ];
    const read = addresses.map(([family, bytes]) => [family, [...(bytes as Buffer)]]);
    expect(decodeBody('a(iay)', marshall('a(iay)', [addresses]))).toEqual([read]);
    expect(decodeBody('a(iay)s', marshall('a(iay)s', [[], 'x']))).toEqual([[], 'x']);
  });
});
