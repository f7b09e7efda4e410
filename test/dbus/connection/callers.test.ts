import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodCall } from '../../../src/dbus/call.ts';
import { Callers } from '../../../src/dbus/connection/callers.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';

const reason = dbusDaemonUnavailable();
if (reason !== undefined) console.warn(`who calls is not asked of a bus: ${reason}`);

describe.skipIf(reason !== undefined)('the user of a caller', () => {
  let daemon: DBusDaemon;
  beforeAll(async () => {
    daemon = await DBusDaemon.start();
  });
  afterAll(() => daemon?.stop());

  it('is known once the bus has been asked about it, of that connection only', async () => {
    const service = await connectBus(daemon.address);
    const known: (number | undefined)[] = [];
    service.serve(async (call: MethodCall) => {
      known.push(call.knownUid);
      if (call.member === 'Ask') await call.credentials();
      return { signature: '', body: [] };
    });
    const [one, other] = [await connectBus(daemon.address), await connectBus(daemon.address)];
    const call = { destination: service.uniqueName, path: '/', interface: 'org.example.Test' };
    await one.call({ ...call, member: 'Look' });
    await one.call({ ...call, member: 'Ask' });
    await one.call({ ...call, member: 'Look' });
    await other.call({ ...call, member: 'Look' });
    expect(known).toEqual([undefined, undefined, process.getuid?.(), undefined]);
    for (const bus of [service, one, other]) bus.close();
  });
});

describe('what is kept of callers', () => {
  const never = () => () => {};
  const credentials = (uid: number) => ({ uid, gid: undefined, pid: undefined, pidfd: undefined });

  it('is nothing of names that can become another’s, and of who could not be found', async () => {
    const callers = new Callers(async (name) => {
      if (name === ':1.9') throw new Error('no such name');
      return credentials(5);
    }, never);
    await callers.credentialsOf('org.example.Test');
    await expect(callers.credentialsOf(':1.9')).rejects.toThrow('no such name');
    await callers.credentialsOf(':1.8');
    expect(['org.example.Test', ':1.9', ':1.8'].map((name) => callers.knownUser(name))).toEqual([
      undefined,
      undefined,
      5,
    ]);
  });

  it('is bounded, however many come', async () => {
    const callers = new Callers(async (name) => credentials(Number(name.slice(3))), never);
    const names = Array.from({ length: 5000 }, (_, index) => `:1.${index}`);
    for (const name of names) {
      await callers.credentialsOf(name);
      expect(callers.knownUser(name)).toBe(Number(name.slice(3)));
    }
    expect(names.filter((name) => callers.knownUser(name) !== undefined).length).toBeLessThanOrEqual(1024);
  });
});
