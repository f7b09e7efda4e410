import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../../src/dbus/bus.ts';
import { connectBus } from '../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';

const execute = promisify(execFile);
const reason = dbusDaemonUnavailable();

describe.skipIf(reason !== undefined)('Bus', () => {
  let daemon: DBusDaemon;
  let bus: Bus;

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
    bus = await connectBus(daemon.address);
    bus.serve((call) => ({ signature: 's', body: [`${call.member} ${call.body}`] }));
    await bus.requestName('org.example.Test');
  });

  afterAll(async () => {
    bus?.close();
    await daemon?.stop();
  });

  it('answers busctl', async () => {
    const { stdout } = await execute('busctl', [
      `--address=${daemon.address}`,
      'call',
      'org.example.Test',
      '/',
      'org.example.Test',
      'Hi',
      's',
      'you',
    ]);
    expect(stdout).toBe('s "Hi you"\n');
  });

  it('calls', async () => {
    const other = await connectBus(daemon.address);
    expect(
      await other.call({ destination: 'org.example.Test', path: '/', interface: 'a.b', member: 'Yo' }),
    ).toEqual(['Yo ']);
    other.close();
  });
});
