import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userDatabase } from '../../../src/frontends/userdb/handlers.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { listen, VarlinkServer } from '../../../src/varlink/index.ts';
import { hostUsers, sampleMachine } from '../../machine/sample-machine.ts';
import { ask } from '../../support/raw-varlink.ts';

const service = 'io.systemd.Machine';
const found = (record: object) => ({ parameters: { record } });
const error = (name: string) => ({ error: `io.systemd.UserDatabase.${name}` });

/** As systemd-machined 262 answered for a container c1 whose ids begin at 1331822592. */
const user0 = found({
  userName: 'vu-c1-0',
  uid: 1331822592,
  gid: 65534,
  realName: 'UID 0 of Container c1',
  homeDirectory: '/',
  shell: '/usr/sbin/nologin',
  locked: true,
  service,
  disposition: 'container',
});
const group33 = found({
  groupName: 'vg-c1-33',
  gid: 1331822625,
  description: 'GID 33 of Container c1',
  service,
  disposition: 'container',
});

describe('io.systemd.UserDatabase', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-userdb-'));
  const path = join(directory, 'socket');
  const server = new VarlinkServer({ vendor: 'v', product: 'p', version: '1', url: 'https://example.com' });
  const user = (parameters: object) => ask(path, 'io.systemd.UserDatabase.GetUserRecord', { ...parameters, service });
  const group = (parameters: object) => ask(path, 'io.systemd.UserDatabase.GetGroupRecord', { ...parameters, service });

  beforeAll(async () => {
    const registry = new Registry();
    registry.add(sampleMachine('c1', { uidMap: '0 1331822592 65536' }));
    registry.add(sampleMachine('plain', hostUsers));
    registry.add(sampleMachine('narrow', { uidMap: '0 1331832592 10' }));
    registry.add(sampleMachine('web.example', { uidMap: '0 3000000000 65536' }));
    server.add(userDatabase({ registry, service })).serve(await listen({ path }));
  });

  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  it('finds users and groups by number, by name and by both', async () => {
    for (const key of [{ uid: 1331822592 }, { userName: 'vu-c1-0' }, { uid: 1331822592, userName: 'vu-c1-0' }]) {
      expect(await user(key)).toEqual(user0);
    }
    for (const key of [{ gid: 1331822625 }, { groupName: 'vg-c1-33' }]) expect(await group(key)).toEqual(group33);
  });

  it.each([
    [{ uid: 1331822592, userName: 'root' }, 'ConflictingRecordFound'],
    [{ uid: 5, userName: 'vu-c1-0' }, 'NoRecordFound'],
    [{ uid: 1331822592 + 65535 }, 'NoRecordFound'],
    [{ uid: 1331822592 + 65536 }, 'NoRecordFound'],
    [{ userName: 'vg-c1-0' }, 'NoRecordFound'],
    [{ userName: 'vu-plain-0' }, 'NoRecordFound'],
    [{}, 'EnumerationNotSupported'],
  ])('answers %j with %s', async (key, name) => {
    expect(await user(key)).toEqual(error(name));
  });

  it('takes the narrowest of two ranges', async () => {
    expect(await user({ uid: 1331832595 })).toMatchObject({ parameters: { record: { userName: 'vu-narrow-3' } } });
    expect(await user({ uid: 1331832602 })).toMatchObject({ parameters: { record: { userName: 'vu-c1-10010' } } });
  });

  it('takes null for a parameter that was left out', async () => {
    expect(await user({ uid: 1331822592, userName: null, fuzzyNames: null, uuid: null })).toEqual(user0);
    expect(await user({ uid: null, userName: null })).toEqual(error('EnumerationNotSupported'));
  });

  it('gives and takes short names where there are no others', async () => {
    // The hash by coreutils.
    const record = {
      userName: 'vu-webexa_ao56qkvers-33',
      uid: 3000000033,
      realName: 'UID 33 of Container web.example',
    };
    for (const key of [{ uid: 3000000033 }, { userName: 'vu-webexa_ao56qkvers-33' }]) {
      expect(await user(key)).toMatchObject({ parameters: { record } });
    }
    expect(await group({ gid: 3000000033 })).toMatchObject({
      parameters: { record: { groupName: 'vg-webexa_ao56qkvers-33' } },
    });
    expect(await user({ userName: 'vu-web.example-33' })).toEqual(error('NoRecordFound'));
  });

  it('honours filters', async () => {
    const uid = 1331822592;
    for (const filter of [
      { fuzzyNames: ['C1'] },
      { fuzzyNames: ['nobody', 'vu-c2-0'] },
      { dispositionMask: ['regular', 'container'] },
      { uidMin: uid, uidMax: uid },
    ]) {
      expect(await user({ uid, ...filter })).toEqual(user0);
    }
    for (const filter of [
      { fuzzyNames: ['nobody'] },
      { dispositionMask: ['regular'] },
      { uidMin: uid + 1 },
      { uidMax: uid - 1 },
      { uuid: '0123456789abcdef0123456789abcdef' },
      { uuid: '85bb6a7c-e5f3-43b4-a1d6-bd77b021e154' },
    ]) {
      expect(await user({ uid, ...filter })).toEqual(error('NonMatchingRecordFound'));
    }
    expect(await group({ gid: 1331822625, gidMin: 1331822625 })).toEqual(group33);
    expect(await group({ gid: 1331822625, gidMin: 1331822626 })).toEqual(error('NonMatchingRecordFound'));
  });

  it.each([
    [{ uuid: 'no uuid' }, 'uuid'],
    [{ uidMin: 65535 }, 'uidMin'],
    [{ uidMax: 2 ** 32 }, 'uidMax'],
    [{ fuzzyNames: Array.from({ length: 101 }, () => 'x') }, 'fuzzyNames'],
    [{ fuzzyNames: ['x', 5] }, 'fuzzyNames[1]'],
  ])('refuses the filter %j', async (filter, parameter) => {
    expect(await user({ uid: 1331822592, ...filter })).toEqual({
      error: 'org.varlink.service.InvalidParameter',
      parameters: { parameter },
    });
  });

  it('knows no memberships', async () => {
    const memberships = (parameters: object) => ask(path, 'io.systemd.UserDatabase.GetMemberships', parameters);
    expect(await memberships({ service })).toEqual(error('NoRecordFound'));
    expect(await memberships({ userName: 'vu-c1-0', service })).toEqual(error('NoRecordFound'));
    expect(await memberships({ service: 'other' })).toEqual(error('BadService'));
    expect(await memberships({ userName: 'a/b', service })).toEqual({
      error: 'org.varlink.service.InvalidParameter',
      parameters: { parameter: 'userName' },
    });
  });
});
