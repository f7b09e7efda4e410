import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { version } from '../../src/daemon/package-files.ts';
import { clashingNames, clashingShortName } from '../machine/clashing-names.ts';
import { asUser } from '../support/as-user.ts';
import { compiledMain } from '../support/build.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';
import { startSelfNamed } from '../support/self-named.ts';
import { mymachines } from './command.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const well = [
  ['ok', 'host names', 'each leads to one machine'],
  ['ok', 'users and groups', 'no two machines have the same ids, or the same names for theirs'],
  ['ok', 'addresses', 'all are followed as they change'],
];
/** What is looked at of a service that is apart, besides its machines. */
const around = ['registry', 'sockets', 'sources', 'limits'];

describe.skipIf(unavailable !== undefined)('mymachines check', { timeout: 60_000 }, () => {
  let daemon: DaemonProcess;
  let registered: string[] = [];
  const leaders: ChildProcess[] = [];
  const run = (...words: string[]) => mymachines(...words, `--runtime-dir=${daemon.runtimeDirectory}`);
  const register = async (name: string, pid: number | undefined, ...more: string[]) => {
    expect(await run('register', name, `--leader=${pid}`, ...more)).toMatchObject({ status: 0, stderr: '' });
    registered.push(name);
  };
  /** Registers a container that calls itself something. */
  const registerSelfNamed = async (name: string, ownName: string) => {
    const leader = await startSelfNamed(join(daemon.runtimeDirectory, `hostname-${name}`), ownName);
    leaders.push(leader);
    await register(name, leader.pid);
  };
  const withIds = async (name: string, ids: string) =>
    register(name, (await startContainer({ maps: { uid: ids, gid: ids } })).pid);
  const found = async () => {
    const { parameters } = await ask(daemon.machineSocket, 'io.github.mymachines.Registry.Check');
    return (parameters as { findings: unknown[] }).findings;
  };
  const lines = async () => JSON.parse((await run('check', '-j')).stdout);

  beforeAll(async () => {
    daemon = await DaemonProcess.start(undefined, { more: ['--own-names'] });
  });

  afterEach(async () => {
    for (const name of registered) await run('unregister', name);
    registered = [];
    for (const leader of leaders.splice(0)) leader.kill('SIGKILL');
    await stopAllContainers();
  });

  afterAll(async () => {
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('says that all is well', async () => {
    await withIds('web', '0 1879048192 65536');
    const { status, stdout, stderr } = await run('check');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { machineSocket, userdbSocket, pid } = daemon;
    const apart = 'where the system’s programs do not look';
    const whole = [
      ['ok', 'registry', `mymachines ${version()} answers at ${machineSocket}, ${apart}`],
      ['ok', 'sockets', `mymachines answers at ${machineSocket} and ${userdbSocket}, and everybody may ask`],
      ['ok', 'sources', 'embedded: 1 machine, as they are now'],
      ['ok', 'limits', expect.stringMatching(/^\d+ of \d+ descriptors of the service are in use$/)],
      ...well,
    ];
    expect(cells(stdout)).toEqual([['LEVEL', 'OF', 'WHAT'], ...whole]);
    const bare = (await run('check', '--no-legend')).stdout;
    expect(bare.split('\n')[0]).toBe(`ok registry         ${whole[0]?.[2]}`);
    const reasons = ['registry_apart', 'sockets_answer', 'source_live', 'limits_far'];
    reasons.push('names_sound', 'ids_sound', 'addresses_sound');
    expect(await lines()).toEqual(
      whole.map(([level, of, what], index) => ({ level, of, reason: reasons[index], what })),
    );
    const open = readdirSync(`/proc/${pid}/fd`).length;
    const told = Number(/(\d+) of/.exec((await run('check')).stdout)?.[1]);
    expect(Math.abs(told - open)).toBeLessThan(8);
  });

  it('finds what containers call themselves alike, and a machine', async () => {
    await registerSelfNamed('one', 'Shop\n');
    await registerSelfNamed('two', 'shop\n');
    await registerSelfNamed('three', 'mail\n');
    await register('qemu-4-mail', (await startContainer()).pid, '--class=vm');
    await registerSelfNamed('four', 'one\n');
    await vi.waitFor(async () => expect(await found()).toHaveLength(3), 30_000);
    const { status, stdout } = await run('check');
    expect(status).toBe(4);
    const mend = 'ask for their registered names, or rename';
    const rows = ofMachines(stdout);
    expect(rows.sort((a, b) => ((a[2] as string) < (b[2] as string) ? -1 : 1))).toEqual(
      [
        [
          'fail',
          'host names',
          `mail leads nowhere, because several would have it: three, qemu-4-mail: ${mend} all but one`,
        ],
        [
          'warn',
          'host names',
          `one leads to the machine one, not to who would have it: four: ${mend} what is not meant`,
        ],
        ['fail', 'host names', `shop leads nowhere, because several would have it: one, two: ${mend} all but one`],
        ...well.slice(1),
      ].sort((a, b) => ((a[2] as string) < (b[2] as string) ? -1 : 1)),
    );
    // It is as they say.
    for (const name of ['shop', 'mail']) expect(await run('resolve', name)).toMatchObject({ status: 1 });
    expect(await run('resolve', 'one')).toMatchObject({ status: 0 });
    expect(await lines()).toContainEqual({
      level: 'warn',
      of: 'host names',
      reason: 'name_hidden',
      what: 'one leads to the machine one, not to who would have it: four',
      mend: `${mend} what is not meant`,
      finding: { level: 'warn', reason: 'name_hidden', machines: ['four'], others: 0, name: 'one', by: 'one' },
    });
  });

  it('finds names that differ in case, a warning, and nothing wrong with those that are long or have a dot', async () => {
    await withIds('WEB', '0 1879048192 65536');
    await withIds('web', '0 1879113728 65536');
    await withIds('www.example', '0 1879179264 65536');
    await withIds('a-name-that-just-about-fits', '0 1879244800 65536');
    const { status, stdout } = await run('check');
    expect(status).toBe(3);
    expect(ofMachines(stdout).map(([level, , what]) => [level, what])).toEqual([
      [
        'warn',
        'web is the name of several that spell it differently: WEB, web: register all but one under other names',
      ],
      ['ok', 'no two machines have the same ids, or the same names for theirs'],
      ['ok', 'all are followed as they change'],
    ]);
  });

  it('finds names that would leave two machines’ users the same, and so none', async () => {
    for (const [index, name] of clashingNames.entries()) await withIds(name, `0 ${1879048192 + 65536 * index} 65536`);
    const { status, stdout } = await run('check', '--no-legend');
    expect(status).toBe(4);
    expect(stdout).toContain(
      `fail users and groups vu-${clashingShortName}-N could be one of several machines’, and so is nobody: ` +
        `${clashingNames.join(', ')}: register all but one under other names\n`,
    );
    for (const asked of ['1879048192', `vu-${clashingShortName}-0`]) {
      expect(await run('user', asked)).toMatchObject({ status: 1 });
    }
  });

  it('finds ids that two machines have, and whose they are', async () => {
    await withIds('wide', '0 1879048192 65536');
    await withIds('narrow', '0 1879048200 10');
    const { status, stdout } = await run('check', '--no-legend');
    expect(status).toBe(4);
    const has = (kind: string) =>
      `several machines have the ${kind} ids 1879048200-1879048209, which count as those of the first: narrow, wide: ` +
      'give each machine a range of its own';
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([`fail users and groups ${has('user')}`, `fail users and groups ${has('group')}`]),
    );
    expect((await run('user', '1879048201')).stdout).toContain('vu-narrow-1');
  });

  it('finds that addresses are not followed, by a service that may not', async () => {
    const followed = daemon;
    daemon = await DaemonProcess.start(undefined, { setpriv: ['--bounding-set=-net_broadcast'] });
    try {
      await register('web', (await startContainer()).pid);
      const { status, stdout } = await run('check');
      expect(status).toBe(3);
      expect(ofMachines(stdout)).toEqual([
        ...well.slice(0, 2),
        [
          'warn',
          'addresses',
          'they are read when asked for only: web: run the service with CAP_NET_ADMIN and CAP_NET_BROADCAST',
        ],
      ]);
      registered = [];
    } finally {
      await daemon.stop();
      rmSync(daemon.runtimeDirectory, { recursive: true });
      daemon = followed;
    }
  });

  it('is for those who may inspect machines, and says when it could not look', async () => {
    execFileSync('chmod', ['755', daemon.runtimeDirectory]);
    const words = ['check', `--runtime-dir=${daemon.runtimeDirectory}`];
    const [command, ...parameters] = asUser(65534, compiledMain, ...words);
    const { status, stdout, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: 'mymachines: Permission denied.\n' });
    expect(await run('check', 'web')).toMatchObject({ status: 2, stdout: '' });
  });

  it('says that nobody answers', async () => {
    const nobody = join(daemon.runtimeDirectory, 'none');
    const { status, stdout } = await mymachines('check', `--runtime-dir=${nobody}`, '-j');
    expect(status).toBe(4);
    // The host is looked at for a registry that is to be found.
    expect(JSON.parse(stdout)).toEqual([
      {
        level: 'fail',
        of: 'registry',
        reason: 'registry_absent',
        what:
          `nobody answers at ${nobody}/machine/io.github.mymachines or ${nobody}/machine/io.systemd.Machine: ` +
          'no machine has a name',
        mend: "systemctl start mymachines.service, or run 'mymachines serve'",
      },
    ]);
  });

  it('tells its exit status when asked for help', async () => {
    expect((await run('check', '--help')).stdout).toMatch(/0 when all is well, 3 with warnings, 4 with failures/);
    expect((await run('--help')).stdout).toMatch(/of check: 3 warnings, 4 failures/);
  });
});

/** The rows of what machines there are and how they are named. */
function ofMachines(table: string): string[][] {
  return cells(table)
    .slice(1)
    .filter(([, of]) => !around.includes(of as string));
}

/** The cells of a table, by where its columns begin. */
function cells(table: string): string[][] {
  const rows = table.trimEnd().split('\n');
  const starts = [...(rows[0] as string).matchAll(/\S+/g)].map(({ index }) => index);
  return rows.map((row) => starts.map((start, column) => row.slice(start, starts[column + 1]).trim()));
}
