import { describe, expect, it } from 'vitest';
import { PreparedBody } from '../../../src/dbus/call.ts';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { Authority, type PolkitAnswer } from '../../../src/machine/authorize.ts';
import { MachineError } from '../../../src/machine/errors.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { managerCall, treeOf } from './test-services.ts';

/** Asks as a user of whom the bus has told before, or not; says what was answered and who was asked for that. */
async function ask(uid: number, known: boolean, polkit: PolkitAnswer = 'denied', files?: Error) {
  const asked: string[] = [];
  const readers: unknown[] = [];
  const { tree } = treeOf([sampleMachine('web', { owner: uid })], {
    authority: new Authority(0, {
      check: async (action) => {
        asked.push(action);
        return polkit;
      },
    }),
    metadata: {
      hostAddresses: () => [],
      refresh: () => {},
      osRelease: async ({ name }: Machine, reader?: unknown) => {
        readers.push(reader);
        if (files !== undefined) throw files;
        return [`ID=${name}`, 'NAME=a=b', 'EMPTY='];
      },
    },
  });
  const credentials = async () => {
    asked.push('bus');
    return { uid, gid: uid, pid: 4711, pidfd: undefined };
  };
  const call = managerCall('GetMachineOSRelease', 's', ['web'], { credentials, ...(known && { knownUid: uid }) });
  const reply = await Promise.resolve(tree.answer(call)).catch((error: { errorName: string }) => error.errorName);
  const fields = reply instanceof PreparedBody ? decodeBody(reply.signature, Buffer.from(reply.bytes), true)[0] : reply;
  return { fields, asked, readers };
}

const fields = new Map([
  ['ID', 'web'],
  ['NAME', 'a=b'],
  ['EMPTY', ''],
]);
const action = 'org.freedesktop.machine1.inspect-machines';

describe('GetMachineOSRelease', () => {
  it('asks the bus about root once only', async () => {
    expect(await ask(0, false)).toEqual({ fields, asked: ['bus'], readers: [':1.7'] });
    expect(await ask(0, true)).toEqual({ fields, asked: [], readers: [':1.7'] });
  });

  it('asks polkit about others each time', async () => {
    for (const known of [false, true]) {
      expect(await ask(1000, known, 'authorized')).toEqual({ fields, asked: ['bus', action], readers: [':1.7'] });
      const denied = 'org.freedesktop.DBus.Error.AccessDenied';
      expect(await ask(1000, known, 'denied')).toEqual({ fields: denied, asked: ['bus', action], readers: [] });
    }
  });

  it('tells in the same words what is wrong, whether the bus was asked or not', async () => {
    for (const error of [
      new MachineError('not-available', 'does not answer'),
      new MachineError('no-os-release-information', 'has none'),
    ]) {
      const first = await ask(0, false, 'denied', error);
      expect(first.fields).toMatch(/^(org\.freedesktop|System)\./);
      expect((await ask(0, true, 'denied', error)).fields).toBe(first.fields);
    }
  });
});
