import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { hasProgram } from '../../support/programs.ts';
import { Asker } from '../connection/ask.ts';
import { machineNames } from './object-questions.ts';
import { machineId, recorded, recordedTree } from './recorded-objects.ts';

// The object tree behind a real bus, asked by clients that are not ours.

const reason = dbusDaemonUnavailable();
if (reason !== undefined) console.warn(`the object tree is not tried over a bus: ${reason}`);
const execute = promisify(execFile);
const name = 'org.freedesktop.machine1';
const root = '/org/freedesktop/machine1';
const manager = `${name}.Manager`;

describe.skipIf(reason !== undefined).each([false, true])('over a bus, with objects found later: %s', (later) => {
  let daemon: DBusDaemon;
  let bus: Bus;
  let asker: Asker;

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
    bus = await connectBus(daemon.address);
    const tree = recordedTree({ later });
    bus.serve((call) => tree.answer(call));
    await bus.requestName(name);
    asker = await Asker.connect(daemon.address, name);
  });

  afterAll(async () => {
    asker?.close();
    bus?.close();
    await daemon?.stop();
  });

  test('all is answered as recorded', async () => {
    for (const { question, reply } of recorded.objects) {
      expect(await asker.ask(question), JSON.stringify(question)).toEqual(reply);
    }
  });

  const busctl = async (...command: readonly string[]) =>
    (await execute('busctl', [`--address=${daemon.address}`, ...command])).stdout;
  const gdbus = async (command: string, ...rest: readonly string[]) =>
    (await execute('gdbus', [command, '--address', daemon.address, '--dest', name, ...rest])).stdout;

  test.skipIf(!hasProgram('busctl'))('busctl finds all objects, their members and their values', async () => {
    const escaped = [
      '_2ehost',
      ...machineNames.map((each) => each.replace(/^2/, '_32').replace('-', '_2d').replace('.', '_2e')),
    ];
    const expected = [
      ...['/', '/org', '/org/freedesktop', '/org/freedesktop/LogControl1', root, `${root}/image`],
      ...[`${root}/image/_2ehost`, `${root}/machine`, ...escaped.map((each) => `${root}/machine/${each}`)],
    ];
    expect((await busctl('tree', '--list', name)).trim().split('\n').sort()).toEqual(expected.sort());
    const members = await busctl('introspect', name, root, manager);
    expect(members).toMatch(/^\.PoolPath +property +s +"\/var\/lib\/machines" +-$/m);
    expect(members).toMatch(/^\.GetMachine +method +s +o +-$/m);
    expect(members).toMatch(/^\.MachineNew +signal +so +- +-$/m);
    expect(await busctl('introspect', name, `${root}/machine/a`, `${name}.Machine`)).toMatch(
      /^\.Name +property +s +"a" +const$/m,
    );
    expect(await busctl('get-property', name, `${root}/machine/z_2ey`, `${name}.Machine`, 'Name')).toBe('s "z.y"\n');
    expect(await busctl('call', name, '/', 'org.freedesktop.DBus.Peer', 'GetMachineId')).toBe(`s "${machineId}"\n`);
    await expect(busctl('set-property', name, root, manager, 'PoolPath', 's', 'x')).rejects.toMatchObject({
      stderr: expect.stringContaining("Property 'PoolPath' is not writable."),
    });
  });

  test.skipIf(!hasProgram('gdbus'))('gdbus understands the description, and the errors', async () => {
    const described = await gdbus('introspect', '--object-path', root);
    expect(described).toContain('@org.freedesktop.DBus.Property.EmitsChangedSignal("false")');
    expect(described).toContain("readonly s PoolPath = '/var/lib/machines';");
    const call = (path: string, method: string, ...values: readonly string[]) =>
      gdbus('call', '--object-path', path, '--method', method, ...values);
    await expect(call(root, `${manager}.GetMachine`)).rejects.toMatchObject({
      stderr: expect.stringContaining(
        "org.freedesktop.DBus.Error.InvalidArgs: Invalid arguments '' to call org.freedesktop.machine1.Manager.GetMachine(), expecting 's'.",
      ),
    });
    await expect(call('/nope', `${manager}.GetMachine`, 'a')).rejects.toMatchObject({
      stderr: expect.stringContaining("org.freedesktop.DBus.Error.UnknownObject: Unknown object '/nope'."),
    });
  });
});
