import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Keeper, KeeperLab } from '../lab/verbs/keeper-lab.ts';
import { labUnavailable } from '../support/lab.ts';

// The command with who keeps the registry: it asks both in the same way.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`nothing is copied or mounted: no lab: ${unavailable}`);

const keepers: readonly Keeper[] = ['systemd-machined', 'mymachines'];
const inside = '/var/lib/machines/c1';

describe.skipIf(unavailable !== undefined).each(keepers)('mymachines with %s', { timeout: 60_000 }, (keeper) => {
  let lab: KeeperLab;
  beforeAll(async () => {
    lab = await KeeperLab.create(keeper);
    await lab.lab.shell(
      'mkdir -p /srv/tree/sub; cd /srv/tree; echo one >file; echo two >sub/deep; ln -s file link; echo mine >/srv/mine; mkdir -p /var/lib/machines/c1/{opt,srv}',
    );
  }, 120_000);
  afterAll(() => lab?.down());

  const run = (words: string, directory = '/') =>
    lab.lab.run('bash', '-c', `cd ${directory}; node /project/dist/cli/main.js ${words}`);
  const shell = (text: string) => lab.lab.shell(text);
  const done = { status: 0, stdout: '', stderr: '' };

  test('bind: a directory of the host is seen in the container', async () => {
    expect(await run('bind c1 tree /bound/here --mkdir', '/srv')).toEqual(done);
    expect(await shell('nsenter --target $(machinectl show -P Leader c1) --all cat /bound/here/sub/deep')).toBe(
      'two\n',
    );
    expect(await run('bind --read-only --mkdir c1 /srv/mine /bound/mine')).toEqual(done);
    const written = await lab.ask({ id: '', script: 'inside sh -c "cat /bound/mine; echo x >/bound/mine"; :' });
    expect(written).toMatch(/^mine\n.*Read-only file system/s);
  });

  test('bind: what is in the way is said', async () => {
    expect(await run('bind c1 /srv/nowhere')).toMatchObject({ status: 1, stdout: '' });
    expect((await run('bind c1 /srv/mine not/absolute')).stderr).toBe(
      "mymachines: The service refuses 'destination'.\n",
    );
    expect((await run('bind .host /srv/mine /x')).stderr).toMatch(/cannot be done with machine '\.host'/);
    expect((await run('bind nope /srv/mine')).stderr).toBe("mymachines: No machine 'nope' known.\n");
    expect((await run('bind c1')).status).toBe(2);
  });

  test('copy-to and copy-from: trees go in and come out', async () => {
    expect(await run('copy-to c1 tree /opt/tree', '/srv')).toEqual(done);
    expect(await shell(`cd ${inside}/opt/tree; cat file sub/deep link; readlink link`)).toBe('one\ntwo\none\nfile\n');
    expect(await run('copy-from c1 /opt/tree back', '/srv')).toEqual(done);
    expect(await shell('diff -r --no-dereference /srv/tree /srv/back && echo same')).toBe('same\n');
    expect(await run('copy-to c1 /srv/mine')).toEqual(done);
    // At a terminal it is asked how far it has got, if that is known.
    const typed = await lab.lab.run(
      'script',
      '-qec',
      'node /project/dist/cli/main.js copy-to c1 /srv/tree /opt/typed',
      '/dev/null',
    );
    expect(typed).toEqual(done);
    expect(await shell(`diff -r --no-dereference /srv/tree ${inside}/opt/typed && echo same`)).toBe('same\n');
    expect(await shell(`cat ${inside}/srv/mine`)).toBe('mine\n');
  });

  test('copy-to: what is there already is replaced with --force alone', async () => {
    await shell('echo new >/srv/new');
    expect(await run('copy-to c1 /srv/new /opt/new')).toEqual(done);
    await shell('echo newer >/srv/new');
    const refused = await run('copy-to c1 /srv/new /opt/new');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toBe('mymachines: The service failed: EEXIST, file already exists.\n');
    expect(await shell(`cat ${inside}/opt/new`)).toBe('new\n');
    expect(await run('copy-to --force c1 /srv/new /opt/new')).toEqual(done);
    expect(await shell(`cat ${inside}/opt/new`)).toBe('newer\n');
  });

  test('copy-to: at a terminal there is a line that says how far it has got', async () => {
    // Content that takes a while: no two of its files can be shared, and there are no holes in it.
    await shell('mkdir /srv/much; for n in $(seq 4); do head -c 100M /dev/urandom >/srv/much/$n; done');
    const { stdout } = await lab.lab.run(
      'script',
      '-qec',
      'node /project/dist/cli/main.js copy-to c1 /srv/much /opt/much',
      '/dev/null',
    );
    expect(await shell(`diff -r /srv/much ${inside}/opt/much && echo same; rm -r /srv/much ${inside}/opt/much`)).toBe(
      'same\n',
    );
    if (stdout === '') return console.warn('copied within a second: no line was seen');
    const line = keeper === 'mymachines' ? /Copying \[#*-*\] +\d+ %, [\d.]+ MiB in \d files?, \d+ s/ : /Copying: \d+ s/;
    expect(stdout).toMatch(line);
    // And it is taken away.
    expect(stdout.endsWith('\r\u001b[K')).toBe(true);
  });

  test('images: the same table as machinectl has', async () => {
    // Times of directories are those of the file systems of the lab.
    await shell(`mkdir -p /var/lib/machines/{two,.hidden}; truncate -s 3000000 /var/lib/machines/raw.raw
      head -c 1600K /dev/urandom >/var/lib/machines/full.raw; chmod 444 /var/lib/machines/full.raw`);
    for (const option of ['', '--all', '--no-legend']) {
      const { stdout, status } = await run(`images ${option}`);
      expect({ stdout, status }).toEqual({ stdout: await shell(`machinectl list-images ${option}`), status: 0 });
    }
    const all = JSON.parse((await run('images --json=short')).stdout) as { name: string; path: string }[];
    const names = all.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['c1', 'full', 'raw', 'two']));
    expect(names).not.toContain('.hidden');
    expect(all.find(({ name }) => name === 'full')).toMatchObject({
      path: '/var/lib/machines/full.raw',
      type: 'raw',
      readOnly: true,
    });
  });
});
