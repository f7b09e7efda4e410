import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userDatabase } from '../../../src/frontends/userdb/handlers.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { listen, VarlinkServer } from '../../../src/varlink/index.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { ask } from '../../support/raw-varlink.ts';

const service = 'io.github.mymachines';
const error = (name: string) => ({ error: `io.systemd.UserDatabase.${name}` });

describe('io.systemd.UserDatabase beside a systemd-machined that has some of the machines', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-userdb-'));
  const path = join(directory, 'socket');
  const server = new VarlinkServer({ vendor: 'v', product: 'p', version: '1', url: 'https://example.com' });
  const call = (method: string, parameters: object) => ask(path, `io.systemd.UserDatabase.${method}`, parameters);
  const user = (parameters: object) => call('GetUserRecord', { ...parameters, service });
  const group = (parameters: object) => call('GetGroupRecord', { ...parameters, service });

  beforeAll(async () => {
    const registry = new Registry();
    for (const [index, name] of ['web', 'web.example', 'a'.repeat(26), 'own'].entries()) {
      registry.add(sampleMachine(name, { uidMap: `0 ${index + 1}00000 65536` }));
    }
    const givenElsewhere = ({ name }: { readonly name: string }) => name !== 'own';
    server.add(userDatabase({ registry, service, givenElsewhere })).serve(await listen({ path }));
  });
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  it.each([
    // Of systemd-machined's: only names that it does not give. The hashes by coreutils.
    [100_000, 'vu-web-0', false],
    [200_033, 'vu-webexa_ao56qkvers-33', true],
    [300_009, `vu-${'a'.repeat(26)}-9`, false],
    [300_010, 'vu-aaaaaa_tf3nksncke-10', true],
    // Of others: all.
    [400_005, 'vu-own-5', true],
  ])('%i, %s: %s', async (id, name, given) => {
    for (const key of [{ uid: id }, { userName: name }, { uid: id, userName: name }]) {
      expect(await user(key)).toEqual(
        given
          ? { parameters: { record: expect.objectContaining({ userName: name, uid: id, service }) } }
          : error('NoRecordFound'),
      );
    }
    const groupName = name.replace('vu-', 'vg-');
    for (const key of [{ gid: id }, { groupName }]) {
      expect(await group(key)).toEqual(
        given
          ? { parameters: { record: expect.objectContaining({ groupName, gid: id, service }) } }
          : error('NoRecordFound'),
      );
    }
  });

  it('says nothing of what it does not give, not even to who has the wrong name for it', async () => {
    expect(await user({ uid: 100_000, userName: 'root' })).toEqual(error('NoRecordFound'));
    expect(await user({ uid: 100_000, uidMin: 200_000 })).toEqual(error('NoRecordFound'));
    expect(await user({ uid: 200_000, userName: 'root' })).toEqual(error('ConflictingRecordFound'));
  });

  it.each(['io.systemd.Machine', 'io.github.mymachines ', ''])('is no service called %j', async (other) => {
    for (const [method, key] of [
      ['GetUserRecord', { uid: 400_005 }],
      ['GetGroupRecord', { gid: 400_005 }],
      ['GetMemberships', {}],
    ] as const) {
      expect(await call(method, { ...key, service: other })).toEqual(error('BadService'));
    }
  });
});
