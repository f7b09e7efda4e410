import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodCall } from '../../../src/dbus/call.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { followDeparture } from '../../../src/dbus/connection/departure.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';

const reason = dbusDaemonUnavailable();
if (reason !== undefined) console.warn(`who leaves is not asked of a bus: ${reason}`);

describe.skipIf(reason !== undefined)('the departure of a connection', () => {
  let daemon: DBusDaemon;
  let service: Bus;

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
    service = await connectBus(daemon.address);
  });
  afterAll(() => {
    service?.close();
    return daemon?.stop();
  });

  const departure = (name: string) => new Promise<void>((resolve) => followDeparture(service, name, resolve));

  it('is told when it happens, and of none but that one', async () => {
    const [one, other] = [await connectBus(daemon.address), await connectBus(daemon.address)];
    const told: string[] = [];
    followDeparture(service, one.uniqueName, () => told.push('one'));
    // The bus knows the rule when it has answered this, which was asked later.
    await service.ownerOf(one.uniqueName);
    other.close();
    await departure(other.uniqueName);
    expect(told).toEqual([]);
    one.close();
    await departure(one.uniqueName);
    expect(told).toEqual(['one']);
  });

  it('is told when it has happened already, or there never was such a connection', async () => {
    await departure(':1.4711');
  });

  it('is not told to who has given up', async () => {
    const one = await connectBus(daemon.address);
    const told: string[] = [];
    const stops = [followDeparture(service, one.uniqueName, () => told.push('at once'))];
    stops[0]?.();
    const later = followDeparture(service, one.uniqueName, () => told.push('later'));
    await service.ownerOf(one.uniqueName);
    later();
    one.close();
    await departure(one.uniqueName);
    expect(told).toEqual([]);
  });

  it('aborts what is worked on for it, and nothing that has been answered', async () => {
    const [one, other] = [await connectBus(daemon.address), await connectBus(daemon.address)];
    const signals: AbortSignal[] = [];
    const aborted = new Promise<void>((resolve) => {
      service.serve(async (call: MethodCall) => {
        const left = call.left as AbortSignal;
        expect(call.left).toBe(left);
        signals.push(left);
        if (call.member === 'Long') await new Promise<void>((done) => left.addEventListener('abort', () => done()));
        if (call.member === 'Long') resolve();
        return { signature: '', body: [] };
      });
    });
    const call = { destination: service.uniqueName, path: '/', interface: 'org.example.Test' };
    await one.call({ ...call, member: 'Short' });
    one.call({ ...call, member: 'Long' }).catch(() => {});
    await other.call({ ...call, member: 'Short' });
    one.close();
    await aborted;
    other.close();
    await departure(other.uniqueName);
    expect(signals.map(({ aborted: over }) => over)).toEqual([false, true, false]);
  });
});
