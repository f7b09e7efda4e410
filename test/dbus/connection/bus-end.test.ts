import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../../../src/dbus/call.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { AuthenticationError, type DBusError } from '../../../src/dbus/errors.ts';
import { dup, openDescriptors } from '../../linux/descriptors.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { referenceMessage } from '../codec/reference-encoder.ts';
import { ScriptedBus } from './scripted-bus.ts';

const reason = dbusDaemonUnavailable();
const name = 'org.example.End';
const target = { destination: name, path: '/', interface: name };
const MEGABYTE = 1024 * 1024;

describe.skipIf(reason !== undefined)('the end of a Bus', () => {
  let daemon: DBusDaemon;
  let service: Bus;
  let client: Bus;
  let waiting: ((reply: Reply) => void)[];

  beforeEach(async () => {
    daemon = await DBusDaemon.start();
    waiting = [];
    service = await connectBus(daemon.address, { maximumOutput: 4 * MEGABYTE });
    service.serve(() => new Promise((resolve) => waiting.push(resolve)));
    await service.requestName(name);
    client = await connectBus(daemon.address);
  });

  afterEach(() => daemon.stop());

  it('is told, and every call that waits is rejected, when the bus is killed', async () => {
    const told: Error[] = [];
    client.onClosed((error) => told.push(error));
    const calls = Array.from({ length: 10 }, () => client.call({ ...target, member: 'M' }).catch((error) => error));
    await expect.poll(() => waiting.length).toBe(10);
    await daemon.kill();
    for (const error of (await Promise.all(calls)) as DBusError[]) {
      expect(error.errorName).toBe('org.freedesktop.DBus.Error.Disconnected');
    }
    expect(told).toHaveLength(1);
    const late: Error[] = [];
    client.onClosed((error) => late.push(error));
    await expect(client.call({ ...target, member: 'M' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.Disconnected',
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(late).toEqual(told);
    client.emit('/', name, 'Nowhere', '', []);
    await expect(client.match({ member: 'M' }, () => {})).rejects.toThrow();
  });

  it('loses the answers that come too late, and their descriptors are closed', async () => {
    const calls = Array.from({ length: 3 }, () => client.call({ ...target, member: 'M' }).catch(() => {}));
    await expect.poll(() => waiting.length).toBe(3);
    await daemon.kill();
    await Promise.all(calls);
    await expect.poll(() => service.ownerOf(name).catch(() => 'over')).toBe('over');
    const before = openDescriptors().size;
    for (const resolve of waiting) resolve({ signature: 'h', body: [dup(1)] });
    await sleep(5);
    expect(openDescriptors().size).toBe(before);
  });

  it('comes after what was sent', async () => {
    const heard: unknown[] = [];
    await client.match({ sender: name, member: 'Last' }, ({ body }) => heard.push(body[0]));
    for (let count = 0; count < 100; count++) service.emit('/', name, 'Last', 'u', [count]);
    service.close();
    await expect.poll(() => heard.length).toBe(100);
    expect(await client.ownerOf(name)).toBeUndefined();
  });

  it('does not come because the bus is slow: all is kept and goes out in order', async () => {
    const heard: unknown[] = [];
    await client.match({ sender: name, member: 'Slow' }, ({ body }) => heard.push(body[0]));
    process.kill(daemon.pid, 'SIGSTOP');
    const text = 'x'.repeat(10_000);
    for (let count = 0; count < 200; count++) service.emit('/', name, 'Slow', 'us', [count, text]);
    await sleep(20);
    service.emit('/', name, 'Slow', 'us', [200, text]);
    process.kill(daemon.pid, 'SIGCONT');
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(201);
    expect(heard).toEqual(Array.from({ length: 201 }, (_, index) => index));
  });

  it('comes when the bus leaves too much unread', async () => {
    const told: Error[] = [];
    service.onClosed((error) => told.push(error));
    process.kill(daemon.pid, 'SIGSTOP');
    const text = 'x'.repeat(10_000);
    for (let count = 0; count < 1000 && told.length === 0; count++) {
      service.emit('/', name, 'TooMuch', 's', [text]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.kill(daemon.pid, 'SIGCONT');
    expect(told).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^the bus has left 4\d{6} bytes unread$/) }),
    ]);
  });
});

describe('a Bus that cannot be had', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mymachines-bus-'));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('is an error that says where', async () => {
    const before = openDescriptors().size;
    await expect(connectBus(`unix:path=${directory}/none`)).rejects.toThrow(
      `no bus at unix:path=${directory}/none: connect ${directory}/none: ENOENT`,
    );
    await expect(connectBus('unix:abstract=mymachines-none')).rejects.toThrow('connect @mymachines-none: ECONNREFUSED');
    expect(openDescriptors().size).toBe(before);
  });

  it('is not waited for without an end', async () => {
    const server = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => server.listen(`${directory}/silent`, resolve));
    await expect(connectBus(`unix:path=${directory}/silent`, { connectTimeout: 50 })).rejects.toThrow(
      'the bus did not answer in time',
    );
    const halfway = new ScriptedBus();
    halfway.hello = undefined;
    await expect(halfway.connect({ connectTimeout: 50 })).rejects.toThrow('the bus did not answer in time');
    expect(halfway.destroyed).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it('may not let us in', async () => {
    const scripted = new ScriptedBus();
    scripted.greeting = 'REJECTED ANONYMOUS\r\n';
    await expect(scripted.connect()).rejects.toBeInstanceOf(AuthenticationError);
    expect(scripted.destroyed).toBe(true);
  });

  it('may be full', async () => {
    const scripted = new ScriptedBus();
    scripted.hello = (serial) => {
      const fields: [number, string, unknown][] = [
        [4, 's', 'org.freedesktop.DBus.Error.LimitsExceeded'],
        [5, 'u', serial],
        [7, 's', 'org.freedesktop.DBus'],
      ];
      return referenceMessage({ type: 3, serial: 1 }, fields, Buffer.alloc(0), true);
    };
    await expect(scripted.connect()).rejects.toMatchObject({ errorName: 'org.freedesktop.DBus.Error.LimitsExceeded' });
    expect(scripted.destroyed).toBe(true);
  });

  it('may be another than the address says', async () => {
    const addresses = [{ socket: { path: '/none' }, guid: 'f'.repeat(32) }];
    await expect(new ScriptedBus().connect({ addresses })).rejects.toThrow(
      /^the bus is 0011.*, but its address says f{32}$/,
    );
  });
});
