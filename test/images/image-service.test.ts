import { describe, expect, it } from 'vitest';
import { type ImageDeed, ImageService } from '../../src/images/image-service.ts';
import { Authority } from '../../src/machine/authorize.ts';
import { MachineError } from '../../src/machine/errors.ts';
import type { Image, ImageChanges, Images } from '../../src/machine/images.ts';
import type { Caller } from '../../src/machine/operations.ts';

const web: Image = { name: 'web', path: '/var/lib/machines/web', type: 'directory', readOnly: false };

const caller = (uid: number): Caller => ({
  uid,
  gid: uid,
  pid: 4242,
  openPidfd: () => {
    throw new Error('nobody needs it');
  },
  interactive: false,
});

/** A service over images by name, with what it did to them and told. */
function service({
  answer = 'denied',
  whileAsked,
}: {
  answer?: 'authorized' | 'denied';
  whileAsked?: () => void;
} = {}) {
  const there = new Map([[web.name, web]]);
  const done: unknown[][] = [];
  const deeds: ImageDeed[] = [];
  const asked: [string, Record<string, string>][] = [];
  const failing = new Set<string>();
  const images: Images = {
    list: async () => [...there.values()],
    find: async (name) => {
      const image = there.get(name);
      if (image === undefined) throw new MachineError('no-such-image', `no image ${name}`);
      return image;
    },
    metadata: () => Promise.reject(new Error('nobody needs it')),
    pool: () => Promise.reject(new Error('nobody needs it')),
  };
  const doing =
    (what: string) =>
    async (...args: unknown[]): Promise<void> => {
      if (failing.has(what)) throw new MachineError('not-supported', `no ${what}`);
      done.push([what, ...args]);
    };
  const changes: ImageChanges = {
    clone: doing('clone'),
    rename: async (image, newName) => {
      there.delete(image.name);
      there.set(newName, { ...image, name: newName });
      done.push(['rename', image, newName]);
    },
    remove: doing('remove'),
    markReadOnly: doing('markReadOnly'),
    setLimit: doing('setLimit'),
    setPoolLimit: doing('setPoolLimit'),
    cleanPool: async (mode) => [{ name: `.${mode}`, usageExclusive: 7n }],
  };
  const authority = new Authority(0, {
    check: async (action, _caller, details) => {
      asked.push([action, Object.fromEntries(details)]);
      whileAsked?.call(undefined);
      return answer;
    },
  });
  const operations = new ImageService({ images, changes, authority, onDeed: (deed) => deeds.push(deed) });
  return { operations, there, done, deeds, asked, failing };
}

describe('ImageService', () => {
  it('does for root what is asked for, and tells of it', async () => {
    const { operations, done, deeds, asked } = service();
    await operations.clone('web', 'copy', true, caller(0));
    await operations.markReadOnly('web', true, caller(0));
    await operations.setLimit('web', undefined, caller(0));
    await operations.setPoolLimit(5n, caller(0));
    expect(await operations.cleanPool('hidden', caller(0))).toEqual([{ name: '.hidden', usageExclusive: 7n }]);
    await operations.remove('web', caller(0));
    expect(done).toEqual([
      ['clone', web, 'copy', true, undefined],
      ['markReadOnly', web, true],
      ['setLimit', web, undefined],
      ['setPoolLimit', 5n],
      ['remove', web],
    ]);
    expect(asked).toEqual([]);
    expect(deeds.map(({ caller: { uid, pid }, details, error }) => [uid, pid, details, error])).toEqual([
      [0, 4242, { verb: 'clone', image: 'web', new_name: 'copy' }, undefined],
      [0, 4242, { verb: 'mark_read_only', image: 'web', read_only: '1' }, undefined],
      [0, 4242, { verb: 'set_limit', image: 'web', machine: 'web' }, undefined],
      [0, 4242, { verb: 'set_pool_limit' }, undefined],
      [0, 4242, { verb: 'clean_pool', mode: 'hidden' }, undefined],
      [0, 4242, { verb: 'remove', image: 'web' }, undefined],
    ]);
  });

  it('asks polkit for others, does nothing without its word, and tells of that, too', async () => {
    const { operations, done, deeds, asked } = service();
    const denied = expect.objectContaining({ code: 'permission-denied' });
    await expect(operations.rename('web', 'other', caller(1000))).rejects.toEqual(denied);
    await expect(operations.cleanPool('all', caller(1000))).rejects.toEqual(denied);
    expect(asked).toEqual([
      ['org.freedesktop.machine1.manage-images', { verb: 'rename', image: 'web', new_name: 'other' }],
      ['org.freedesktop.machine1.manage-images', { verb: 'clean_pool', mode: 'all' }],
    ]);
    expect(done).toEqual([]);
    expect(deeds.map(({ error }) => error)).toEqual([denied, denied]);
  });

  it('refuses names and images that there are not, whoever asks', async () => {
    const { operations, done, asked } = service();
    const invalid = (parameter: string) => expect.objectContaining({ code: 'invalid-parameter', parameter });
    const missing = expect.objectContaining({ code: 'no-such-image' });
    await expect(operations.clone('a/b', 'copy', false, caller(1000))).rejects.toEqual(invalid('name'));
    await expect(operations.clone('web', 'a/b', false, caller(1000))).rejects.toEqual(invalid('newName'));
    await expect(operations.update('web', { newName: '..' }, caller(0))).rejects.toEqual(invalid('newName'));
    await expect(operations.rename('web', '', caller(0))).rejects.toEqual(invalid('newName'));
    await expect(operations.remove('none', caller(1000))).rejects.toEqual(missing);
    expect([done, asked]).toEqual([[], []]);
  });

  it('looks again for what polkit was asked about', async () => {
    const { operations, there, done } = service({ answer: 'authorized', whileAsked: () => there.delete('web') });
    const missing = expect.objectContaining({ code: 'no-such-image' });
    await expect(operations.remove('web', caller(1000))).rejects.toEqual(missing);
    expect(done).toEqual([]);
  });

  it('updates what has its new name by then, in order, and the rest though one part fails', async () => {
    const { operations, done, failing } = service();
    await operations.update('web', {}, caller(0));
    expect(done).toEqual([]);
    await operations.update('web', { newName: 'www', readOnly: true, limit: 9n }, caller(0));
    const www = { ...web, name: 'www' };
    expect(done.splice(0)).toEqual([
      ['rename', web, 'www'],
      ['markReadOnly', www, true],
      ['setLimit', www, 9n],
    ]);
    failing.add('markReadOnly');
    const refused = expect.objectContaining({ message: 'no markReadOnly' });
    await expect(operations.update('www', { readOnly: true, limit: 9n }, caller(0))).rejects.toEqual(refused);
    expect(done).toEqual([['setLimit', www, 9n]]);
  });
});
