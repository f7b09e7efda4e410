import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskReader } from '../../src/images/reading/disk-reader.ts';
import { readDissection } from '../../src/images/reading/dissection.ts';
import { MachineError } from '../../src/machine/errors.ts';
import type { TransientService, TransientServices } from '../../src/machine/transient-services.ts';
import { openDescriptors } from '../linux/descriptors.ts';

// What it does with a real systemd is seen in test/lab/verbs/disk.ts.

const disk = { path: '/var/lib/machines/x.raw' };
const root = { uid: 0 };
const program = '/bin/sh';

/** Runs, in a service's place, a script that has the arguments of the service. */
function services(script: string, more: Partial<TransientServices> = {}): TransientServices {
  return {
    async start({ unit, command: [path, ...parameters], openDescriptors: open }: TransientService) {
      const { output = -1, error = -1 } = open();
      const { status } = spawnSync(path, ['-c', script, ...parameters], { stdio: ['ignore', output, error] });
      for (const descriptor of [output, error]) closeSync(descriptor);
      if (status !== 0) throw new MachineError('unit-failed', `unit ${unit} was not started: failed`);
      return true;
    },
    kill: async () => false,
    list: async () => [],
    ...more,
  };
}

let before: Map<number, string>;
beforeEach(() => {
  before = openDescriptors();
});
afterEach(() => expect(openDescriptors()).toEqual(before));

describe('DiskReader', () => {
  it('tells what the program has said of the disk', async () => {
    const said = `echo "{\\"hostname\\":\\"h\\",\\"osRelease\\":[\\"ID=x\\",\\"PATH=$*\\"]}"`;
    expect(await new DiskReader(services(said), program).metadata(disk, root)).toEqual({
      hostname: 'h',
      machineInfo: [],
      osRelease: ['ID=x', 'PATH=--no-pager --read-only /var/lib/machines/x.raw'],
    });
  });

  it('tells its error', async () => {
    const failing = new DiskReader(
      services('echo "x.raw: Cannot dissect image: No such file or directory" >&2; exit 1'),
      program,
    );
    await expect(failing.metadata(disk, root)).rejects.toMatchObject({ errno: 2, errnoName: 'ENOENT' });
  });

  it('bounds what it may use', async () => {
    let properties: TransientService['properties'];
    const noted = services('', {
      start: async (service) => {
        ({ properties } = service);
        return false;
      },
    });
    await new DiskReader(noted, program).metadata(disk, root).catch(() => undefined);
    const bounds = new Map(properties?.map(([name, { value }]) => [name, value]));
    expect(['LimitFSIZE', 'MemoryMax', 'TasksMax', 'TimeoutStartUSec'].map((name) => bounds.get(name))).toEqual([
      1n << 20n,
      1n << 29n,
      64n,
      60_000_000n,
    ]);
  });

  it('says what there is not', async () => {
    const refused = (reader: DiskReader) =>
      reader.metadata(disk, root).catch(({ errnoName, message }) => `${errnoName} ${message}`);
    expect(await refused(new DiskReader(services(':'), '/no/such/program'))).toBe(
      'EOPNOTSUPP Operation not supported: there is no /no/such/program',
    );
    const none = 'EOPNOTSUPP Operation not supported: there is no systemd to run systemd-dissect';
    expect(await refused(new DiskReader(undefined, program))).toBe(none);
    expect(await refused(new DiskReader(services('', { start: async () => false }), program))).toBe(none);
  });

  it('looks at no further disk while eight do not answer', async () => {
    let hanging: string[] = [];
    let started = 0;
    const hung = services('', {
      async start() {
        started++;
        throw new MachineError('timed-out', 'it is late');
      },
      list: async () => hanging,
    });
    const reader = new DiskReader(hung, program);
    const timedOut = expect.objectContaining({ code: 'timed-out' });
    await expect(reader.metadata(disk, root)).rejects.toEqual(timedOut);
    hanging = Array.from({ length: 8 }, (_, index) => `mymachines-dissect-${index}.service`);
    await expect(reader.metadata(disk, root)).rejects.toEqual(timedOut);
    expect(started).toBe(1);
    hanging = [];
    await expect(reader.metadata(disk, root)).rejects.toEqual(timedOut);
    expect(started).toBe(2);
  });

  it('has only so many questions of one user', async () => {
    let finish = (_started: boolean): void => {};
    const started = new Promise<boolean>((resolve) => {
      finish = resolve;
    });
    const reader = new DiskReader(services('', { start: () => started }), program);
    const codes = Array.from({ length: 33 }, () =>
      reader.metadata(disk, { uid: 1000 }).catch((error: MachineError) => error.code),
    );
    expect(await codes[32]).toBe('limits-exceeded');
    finish(false);
    expect((await Promise.all(codes)).filter((code) => code === 'system-failure').length).toBe(32);
  });
});

// As systemd-dissect 252 and 262 put it, beside what systemd-machined answers for the same disk.
describe('what systemd-dissect says', () => {
  it.each([
    ["/x/empty.raw: Couldn't identify a suitable partition table or file system.", 'ENOPKG'],
    ['/x/gpt.raw: Cannot dissect image: No such file or directory', 'ENOENT'],
    ["Failed to dissect image '/x/gpt.raw': No such file or directory", 'ENOENT'],
    ['No root partition discovered.', 'ENXIO'],
    ['File system check of image failed.', 'EUCLEAN'],
    ['Failed to acquire image metadata: Address family not supported by protocol', 'EAFNOSUPPORT'],
    ['something else', 'EIO'],
    ['', 'EIO'],
  ])('of %j is %s', (said, errnoName) => {
    const dissection = { done: false, output: '', errorOutput: `${said}\n` };
    expect(() => readDissection(dissection)).toThrow(expect.objectContaining({ errnoName }));
  });

  it('of a disk that it does not end with is that it has said nothing', () => {
    const ended = { done: false, output: '{"mounts":', errorOutput: '' };
    expect(() => readDissection(ended)).toThrow('systemd-dissect: it has not said why it ended, or was ended');
  });

  it('of an encrypted disk, one without a system, and no JSON', () => {
    const error = (output: string, errorOutput = '') => {
      try {
        return readDissection({ done: true, output, errorOutput });
      } catch (thrown) {
        return (thrown as { errnoName: string }).errnoName;
      }
    };
    const encrypted = 'OS image is encrypted, proceeding without showing OS image metadata.\n';
    expect(error('{"mounts":[]}', encrypted)).toBe('ENOKEY');
    expect(error('{"hostname":"x","mounts":[]}')).toBe('ENOMEDIUM');
    expect(error('{"mounts":[]}', 'os-release:6: invalid UTF-8 value for key NAME, ignoring.\n')).toEqual({
      machineInfo: [],
      osRelease: [],
    });
    expect(error('{"hostname":')).toBe('EIO');
  });
});
